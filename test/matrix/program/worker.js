// The program in a Worker of Cloudflare's.
export default {
  async fetch() {
    const start = performance.now();
    const { program } = await import('./program.js');
    return Response.json(await program(start));
  },
};
