/** The large files of the page. The service worker keeps them for the next visit. */

/** One compressed file: its name below `assets/`, and its size in bytes as it travels. */
export interface Asset {
  file: string;
  size: number;
}

export interface PackAsset extends Asset {
  name: string;
  title: string;
  options: string[];
}

/** `manifest.json`, which the build writes. */
export interface Manifest {
  version: string;
  compiler: Asset;
  sysroot: Asset;
  packs: PackAsset[];
}

export async function manifest(): Promise<Manifest> {
  return (await get("manifest.json")).json() as Promise<Manifest>;
}

/** Loads a file and decompresses it. `loaded` hears how many bytes have come since the last time. */
export async function load(asset: Asset, type: string, loaded: (bytes: number) => void): Promise<Response> {
  const { body } = await get(`assets/${asset.file}`);
  if (body === null) {
    throw new Error(`\`${asset.file}\` is empty`);
  }
  const counting = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      loaded(chunk.length);
      controller.enqueue(chunk);
    },
  });
  const stream = body.pipeThrough(counting).pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream, { headers: { "Content-Type": type } });
}

async function get(url: string): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`\`${url}\`: ${response.status} ${response.statusText}`);
  }
  return response;
}
