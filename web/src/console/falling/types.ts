/** The shapes of façades and falls by the names these pages use. */
import type { Answer } from "@/api/types";

export type FallRow = Answer<"/api/falls", "get">["items"][number];
export type Fall = Answer<"/api/falls/{fall_id}/replay", "post">;
export type Sighting = Fall["sightings"][number];
export type FallWindow = Sighting["windows"][number];
export type Band = NonNullable<Sighting["band"]>;
export type Facade = Answer<"/api/facades", "get">[number];
export type Coverage = Answer<"/api/facades/coverage", "get">[number];
export type Home = Answer<"/api/facades/homes", "get">[number];

/** The trajectory a node leaves; moments in seconds on one clock, see `TrackFile` of the server. */
export interface Track {
  width: number;
  height: number;
  fps: number;
  clip_from: number;
  clock_error_ms: number | null;
  fallen: {
    points: { at: number; x: number; y: number; across_m: number | null; height_m: number | null }[];
    released_at: number;
    impact_at: number;
    size_px: number;
    fit: { release_height_m: number; release_across_m: number; height_error_m: number; acceleration_m_s2: number; residual_px: number } | null;
  };
}
