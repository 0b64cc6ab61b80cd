/** The shapes of cameras by the names these pages use. */
import type { Answer } from "@/api/types";

export type CameraList = Answer<"/api/cameras", "get">;
export type CameraRow = CameraList["items"][number];
export type Camera = Answer<"/api/cameras/{camera_id}", "get">;
export type Settings = Camera["settings"];
export type Sign = NonNullable<Camera["sign"]>;
export type VisionNode = Answer<"/api/vision-nodes", "get">[number];
export type Recordings = Answer<"/api/cameras/{camera_id}/recordings", "get">;
export type CameraLaw = Answer<"/api/cameras/law", "get">;
