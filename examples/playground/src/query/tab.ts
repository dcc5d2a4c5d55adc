// A property graph that is asked in openCypher: what a query finds as a table and as a drawing, and where it is wrong.
import type { GraphValue } from 'sublinear/property';
import { engine } from '../engine.js';
import { initial, remember } from '../state.js';
import { choice, code, field, h, latest, milliseconds, status, whole } from '../ui.js';
import { complete, type Names } from './completion.js';
import { EXAMPLES, FILMS } from './films.js';
import { picture } from './picture.js';

const MOST_ROWS = 200;
const MOST_TIME = 2000;

type Example = keyof typeof EXAMPLES;
const FIRST = Object.keys(EXAMPLES)[0]!;

/** A value as a cell shows it. */
function said(value: GraphValue | undefined): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value !== 'object') return String(value);
  if ('labels' in value && 'properties' in value)
    return `(${(value.labels as string[]).map((label) => `:${label}`).join('')} ${JSON.stringify(value.properties)})`;
  if ('type' in value && 'from' in value) return `[:${String(value.type)}]`;
  if ('nodes' in value && 'relationships' in value)
    return (value.nodes as unknown as GraphValue[]).map(said).join(' - ');
  return JSON.stringify(value);
}

export async function show(panel: HTMLElement): Promise<void> {
  const told = status();
  const newest = latest({
    // The message has the line of the query and a caret under its place.
    fail(error) {
      const [first = '', ...lines] = (error instanceof Error ? error.message : String(error)).split(
        '\n',
      );
      told.fail(first);
      place.textContent = lines.join('\n');
      place.hidden = lines.length === 0;
    },
    mend() {
      told.mend();
      place.hidden = true;
    },
  });
  const place = h('pre', { className: 'caret', hidden: true });
  const program = code();
  const head = h('tr');
  const body = h('tbody');
  const drawn = h('div', { className: 'drawn' });

  const { PropertyGraph } = await (await engine()).use('property');
  const graph = await PropertyGraph.create();
  await graph.query(FILMS);
  let names: Names = { labels: [], types: [], keys: [] };
  const list = async (text: string) =>
    (await graph.query(text)).rows.map(({ name }) => String(name));
  const learn = async () => {
    names = {
      labels: await list('CALL db.labels() YIELD label AS name RETURN name ORDER BY name'),
      types: await list(
        'CALL db.relationshipTypes() YIELD relationshipType AS name RETURN name ORDER BY name',
      ),
      keys: await list(
        'CALL db.propertyKeys() YIELD propertyKey AS name RETURN name ORDER BY name',
      ),
    };
  };
  await learn();

  const text = h('textarea', {
    id: 'query-text',
    rows: 6,
    spellcheck: false,
    autocomplete: 'off',
    'aria-describedby': 'query-help',
  });
  text.value = initial('query', 'text') ?? FIRST;
  const words = h('div', { className: 'words', role: 'group', 'aria-label': 'What may come next' });
  const accept = (from: number, word: string) => {
    text.setRangeText(word, from, text.selectionEnd, 'end');
    text.focus();
    text.dispatchEvent(new Event('input'));
  };
  const suggest = () => {
    const { from, words: found } = complete(text.value, text.selectionStart, names);
    words.replaceChildren(
      ...found.map((word) =>
        h('button', { type: 'button', onclick: () => accept(from, word) }, word),
      ),
    );
  };
  text.addEventListener('input', () => {
    remember('query', 'text', text.value === FIRST ? undefined : text.value);
    suggest();
  });
  text.addEventListener('click', suggest);
  text.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      ask();
    } else if (event.key === ' ' && event.ctrlKey) {
      event.preventDefault();
      (words.firstElementChild as HTMLButtonElement | null)?.click();
    }
  });
  const example = choice<Example | ''>(
    'Examples',
    { '': 'Choose …', ...EXAMPLES } as Record<Example | '', string>,
    (value) => {
      if (value === '') return;
      text.value = value;
      text.dispatchEvent(new Event('input'));
      ask();
    },
  );

  async function ask(): Promise<void> {
    await newest(async (signal) => {
      const begun = performance.now();
      const { columns, rows, outcome, changes } = await graph.queryAsync(
        text.value,
        {},
        {
          maxRows: MOST_ROWS,
          maxTimeMs: MOST_TIME,
          signal,
        },
      );
      const took = performance.now() - begun;
      signal.throwIfAborted();
      const changed = Object.entries(changes).filter(([, n]) => n > 0);
      if (changed.length > 0) await learn();
      const more = {
        complete: '',
        rowLimit: ', there are more',
        timeLimit: ', the time was used up',
      }[outcome];
      const what = changed.map(([name, n]) => `, ${name} ${whole(n)}`).join('');
      told.say(
        `${whole(rows.length)} rows${more}${what}. ${milliseconds(took)} with the way to the worker.`,
      );
      head.replaceChildren(...columns.map((name) => h('th', {}, name)));
      body.replaceChildren(
        ...rows.map((row) => h('tr', {}, ...columns.map((name) => h('td', {}, said(row[name]))))),
      );
      const found = picture(rows);
      drawn.replaceChildren(...(found === undefined ? [] : [found]));
      program.show(`
import { load } from 'sublinear/property';

const { PropertyGraph } = await load();
const graph = PropertyGraph.create();
// ... graph.addNodes(...), graph.addEdges(...), graph.query('CREATE ...')
const { rows } = graph.query(\`
${text.value.replaceAll('`', '\\`')}\`);
console.table(rows);`);
    });
  }

  panel.append(
    h(
      'p',
      { className: 'intro' },
      'A graph of nodes, relationships and their properties, asked in openCypher: early films and who made them.',
    ),
    h(
      'div',
      { className: 'side' },
      h(
        'div',
        { className: 'card side' },
        field('openCypher', text),
        words,
        h(
          'div',
          { className: 'control' },
          h('button', { type: 'button', onclick: () => ask() }, 'Run'),
        ),
        h(
          'p',
          { className: 'status', id: 'query-help' },
          'Ctrl Enter runs it, Ctrl Space takes the first word that may come next.',
        ),
        example.row,
        told.line,
        place,
        program.element,
      ),
    ),
    h(
      'div',
      { className: 'stage' },
      h('div', { className: 'card' }, drawn),
      h(
        'div',
        { className: 'card scroll', tabIndex: 0, role: 'region', 'aria-label': 'Rows' },
        h('table', {}, h('thead', {}, head), body),
      ),
    ),
  );
  suggest();
  await ask();
}
