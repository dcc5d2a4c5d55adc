// The program in a page. The report becomes an attribute of the document, where every way of driving a browser finds it.
const start = performance.now();
import('./program.js')
  .then(({ program }) => program(start))
  .catch((error) => ({ ok: false, name: error.name, message: `page: ${error.message}` }))
  .then((report) => {
    // What the network says, not the package: files of that type that were really sent.
    const sent = performance
      .getEntriesByType('resource')
      .some((entry) => /\.wasm/.test(entry.name) && entry.contentType === 'application/wasm');
    report.source = sent ? 'file' : 'inline';
    document.documentElement.dataset.report = JSON.stringify(report);
  });
