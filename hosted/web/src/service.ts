/**
 * The service worker: with it the page works without a network.
 *
 * Files below `assets/` have the digest of their contents in their names, so what is kept of them is never wrong. Everything else is
 * asked for first, and taken from what is kept if there is no answer.
 */

import type { Manifest } from "./assets";

const scope = self as unknown as ServiceWorkerGlobalScope;
const CACHE = "page";

/** What the page is made of, beside its large files. */
const SHELL = ["./", "main.js", "style.css", "worker.js", "manifest.json"];

scope.addEventListener("install", (event) => {
  const keep = async (): Promise<void> => (await caches.open(CACHE)).addAll(SHELL);
  event.waitUntil(keep().then(() => scope.skipWaiting()));
});
scope.addEventListener("activate", (event) => event.waitUntil(scope.clients.claim()));

scope.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== scope.location.origin) {
    return;
  }
  event.respondWith(url.pathname.includes("/assets/") ? kept(event) : fresh(event));
});

async function kept(event: FetchEvent): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(event.request)) ?? keep(event, cache);
}

async function fresh(event: FetchEvent): Promise<Response> {
  const cache = await caches.open(CACHE);
  try {
    return await keep(event, cache);
  } catch (error) {
    const found = await cache.match(event.request, { ignoreSearch: true });
    if (found === undefined) {
      throw error;
    }
    return found;
  }
}

/** Fetches a file, and keeps it while it is read. */
async function keep(event: FetchEvent, cache: Cache): Promise<Response> {
  const { request } = event;
  const response = await fetch(request);
  if (response.ok) {
    event.waitUntil(cache.put(request, response.clone()));
    if (request.url.endsWith("/manifest.json")) {
      event.waitUntil(response.clone().json().then((manifest) => forget(cache, manifest as Manifest)));
    }
  }
  return response;
}

/** Forgets the files of an earlier version. */
async function forget(cache: Cache, { compiler, sysroot, packs }: Manifest): Promise<void> {
  const files = new Set([compiler, sysroot, ...packs].map((asset) => asset.file));
  for (const request of await cache.keys()) {
    const [, file] = new URL(request.url).pathname.split("/assets/");
    if (file !== undefined && !files.has(file)) {
      await cache.delete(request);
    }
  }
}
