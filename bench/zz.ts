import { getEngine } from 'sublinear';
import { readEdges } from './support/files.js';
import { gridEdges } from './support/generators.js';
const P = await (await getEngine()).use('paths');
for (const [name,e] of [['astro',readEdges('astro-ph.graph')],['delaunay',readEdges('delaunay_n15.graph')]] as const) {
  const c=P.Graph.fromEdges({...e,directed:false,parallel:'once'});
  const t=performance.now(); let k=0; while(performance.now()-t<2000){P.breadthFirst(c,{source:0});k++} console.log(name,(performance.now()-t)/k);
}
