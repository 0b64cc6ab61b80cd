// Opens the pages without a network. API answers are never kept here: what staff wrote waits in IndexedDB.
const SHELL = "__SHELL__";
const CACHE = "linli-__BUILD__";
const PAGE = "/console.html";
// The name of a built file says its content; a Vary header of some server in between changes nothing.
const ANY = { ignoreVary: true };

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll([PAGE, ...SHELL, "/icon.svg", "/manifest.webmanifest"]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

async function page(request) {
  try {
    const answer = await fetch(request);
    if (answer.ok || answer.type === "opaqueredirect") return answer;
    return (await caches.match(PAGE, ANY)) ?? answer;
  } catch {
    return (await caches.match(PAGE, ANY)) ?? Response.error();
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  // What the server answers is its own: a file, a way back from signing in elsewhere, a refusal.
  if (request.method !== "GET" || origin !== self.location.origin || pathname.startsWith("/api/")) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (pathname.startsWith("/assets/") || pathname === "/icon.svg")
    event.respondWith(caches.match(request, ANY).then((kept) => kept ?? fetch(request)));
});
