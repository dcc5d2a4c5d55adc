// The program in a page. The report becomes an attribute of the document, where every way of driving a browser finds it.
const start = performance.now();
import('./program.js')
  .then(({ program }) => program(start))
  .catch((error) => ({ ok: false, name: error.name, message: `page: ${error.message}` }))
  .then((report) => {
    // What the network says, not the package: files that were really sent, and are no page that says "not found".
    const sent = performance
      .getEntriesByType('resource')
      .some(
        ({ name, responseStatus, decodedBodySize }) =>
          /\.wasm/.test(name) && responseStatus === 200 && decodedBodySize > 20_000,
      );
    report.source = sent ? 'file' : 'inline';
    document.documentElement.dataset.report = JSON.stringify(report);
  });
