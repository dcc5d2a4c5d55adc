// The package from a program that has no `import` statements at all.
const start = performance.now();
require('sublinear');
require('./program.js')
  .program(start)
  .then((report) => console.log(JSON.stringify(report)));
