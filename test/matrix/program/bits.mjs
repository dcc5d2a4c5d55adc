import { report } from './bits.js';

console.log(JSON.stringify(await report()));
