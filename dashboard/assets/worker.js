// Runs in the browser beside the page (a service worker): where the server can't be reached, it shows the page "offline" in
// place of the browser's own. It keeps nothing else: every number comes from the server.
"use strict";
const CACHE = "tickstream-offline-1";
const FILES = ["/offline", "/assets/0_theme.css", "/assets/theme.js", "/assets/offline.js", "/assets/icons/mark.svg",
  "/assets/fonts/inter-latin-wght-normal.woff2"];

async function fill() {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES.map((path) => new Request(path, { cache: "reload" })));
  await self.skipWaiting();
}

async function clear() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function answer(request, path) {
  try {
    return await fetch(request);
  } catch (error) {
    const found = await caches.match(path);
    if (found) return found;
    throw error;
  }
}

self.addEventListener("install", (event) => event.waitUntil(fill()));
self.addEventListener("activate", (event) => event.waitUntil(clear()));
self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url), isPage = event.request.mode === "navigate";
  if (origin === self.location.origin && (isPage || FILES.includes(pathname))) event.respondWith(answer(event.request, isPage ? "/offline" : pathname));
});
