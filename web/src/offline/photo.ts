/** Photos before they leave the phone: at most 1600 px, JPEG, no location inside. */
import { post } from "@/api/client";
import type { StoredFile } from "@/api/types";

export const LONGEST_SIDE = 1600;
const QUALITY = 0.82;

/** The size that fits, never larger than it was. Pure. */
export function fit(width: number, height: number, longest = LONGEST_SIDE): { width: number; height: number } {
  const scale = Math.min(1, longest / Math.max(width, height, 1));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** Drawn anew, so EXIF (place, phone) is gone. Throws when the file is not a picture. */
export async function shrink(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  try {
    const { width, height } = fit(picture.width, picture.height);
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const pen = canvas.getContext("2d");
    if (!pen) throw new Error("no canvas");
    pen.drawImage(picture, 0, 0, width, height);
    return await new Promise<Blob>((resolve, reject) =>
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no JPEG"))), "image/jpeg", QUALITY),
    );
  } finally {
    picture.close();
  }
}

export function uploadPhoto(photo: Blob, purpose: "order_evidence" | "incident_report", key?: string): Promise<StoredFile> {
  const form = new FormData();
  form.set("purpose", purpose);
  form.set("file", photo, "photo.jpg");
  return post<StoredFile>("/api/files", form, { key: key ?? crypto.randomUUID() });
}
