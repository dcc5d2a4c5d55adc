// The program in a runtime with a console. Its last line of output is the report.
const start = performance.now();
const { program } = await import('./program.js');
console.log(JSON.stringify(await program(start)));
