// The playground's own files, which data.ts has made.

/** Of the page at `base`: a worker has an address of its own, and names the page's. */
export async function fetched(name: string, base: string = document.baseURI): Promise<Response> {
  const response = await fetch(new URL(`data/${name}`, base));
  if (!response.ok) throw new Error(`data/${name} could not be fetched: ${response.status}`);
  return response;
}

export const fetchedBytes = async (name: string, base?: string) =>
  new Uint8Array(await (await fetched(name, base)).arrayBuffer());
