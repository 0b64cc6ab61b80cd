/** Whether this machine can draw in three dimensions without starving the page. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** True for a renderer that is a graphics card; a software renderer takes half a second a picture. Pure. */
export const isFast = (renderer: string): boolean => renderer !== "" && !SOFTWARE.test(renderer);

let known: boolean | null = null;

/** Asked once: is there WebGL, and is it a graphics card that does it? */
export function solidPossible(): boolean {
  if (known !== null) return known;
  const gl = document.createElement("canvas").getContext("webgl2");
  const told = gl?.getExtension("WEBGL_debug_renderer_info");
  // Where the browser keeps it to itself, WebGL that asks for no caveat is a card.
  const renderer = gl ? String(gl.getParameter(told ? told.UNMASKED_RENDERER_WEBGL : gl.RENDERER)) : "";
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  known = isFast(renderer);
  return known;
}

const KEY = "linli-cockpit-solid";
/** What somebody chose; the solid picture until they choose. */
export const solidWished = (): boolean => localStorage.getItem(KEY) !== "no";
export const wishSolid = (wished: boolean): void => localStorage.setItem(KEY, wished ? "yes" : "no");
