// The few pieces of page that the tabs share. No framework: a tab is a function that fills its panel once.

import { initial, remember } from './state.js';

type Child = Node | string;
type Props = Record<string, unknown>;

/** An element with properties (`aria-…`, `role` and `for` as attributes), listeners (`onclick`) and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined) continue;
    if (/^(aria-|data-|role$|for$|list$)/.test(name)) element.setAttribute(name, String(value));
    else (element as unknown as Props)[name] = value;
  }
  element.append(...children);
  return element;
}

let names = 0;
const unique = (stem: string) => `${stem}-${++names}`;

export interface Slider {
  row: HTMLElement;
  readonly value: number;
  set(position: number): void;
}

/** A labelled slider. `value` turns its position into the number that is meant, `text` says it. */
export function slider(options: {
  label: string;
  min: number;
  max: number;
  step: number;
  at: number;
  value?: (position: number) => number;
  text?: (value: number) => string;
  onchange: () => void;
  /** Where its position stands in the address: tab and name. */
  state?: readonly [tab: string, key: string];
}): Slider {
  const { label, min, max, step, at, value = (x) => x, text = String, onchange, state } = options;
  const id = unique('slider');
  const output = h('output', { for: id });
  const input = h('input', { type: 'range', id, min: `${min}`, max: `${max}`, step: `${step}` });
  const show = () => {
    const said = text(value(input.valueAsNumber));
    output.value = said;
    input.setAttribute('aria-valuetext', said);
  };
  input.value = (state && initial(...state)) ?? String(at);
  input.addEventListener('input', () => {
    show();
    if (state) remember(...state, input.value === String(at) ? undefined : input.value);
    onchange();
  });
  show();
  return {
    row: h('div', { className: 'control' }, h('label', { for: id }, label), output, input),
    get value() {
      return value(input.valueAsNumber);
    },
    set(position) {
      input.value = String(position);
      show();
    },
  };
}

/** A labelled choice. */
export function choice<T extends string>(
  label: string,
  options: Record<T, string>,
  onchange: (value: T) => void,
): { row: HTMLElement; select: HTMLSelectElement } {
  const id = unique('choice');
  const select = h('select', { id });
  for (const [value, text] of Object.entries(options) as [T, string][])
    select.append(h('option', { value }, text));
  select.addEventListener('change', () => onchange(select.value as T));
  return {
    row: h('div', { className: 'control' }, h('label', { for: id }, label), select),
    select,
  };
}

/** An input with an id under its label. */
export const field = (label: string, input: HTMLElement): HTMLElement =>
  h('div', { className: 'control' }, h('label', { for: input.id }, label), input);

const zones: { zone: HTMLElement; open: (file: File) => void }[] = [];

/**
 * A file that misses its field is meant for the one that is to be seen; where there is none, nothing happens: the browser
 * would leave the page and show the file.
 */
export function takeDroppedFiles(): void {
  const visible = () => zones.find(({ zone }) => zone.checkVisibility());
  const mark = (over: boolean) => {
    for (const { zone } of zones) zone.classList.toggle('over', over && zone === visible()?.zone);
  };
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    mark(true);
  });
  document.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) mark(false); // not when it passes from one element to another
  });
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    mark(false);
    const [file] = event.dataTransfer?.files ?? [];
    if (file) visible()?.open(file);
  });
}

/** A field that opens a file, and takes one that is dropped anywhere on the page while it can be seen. */
export function dropZone(text: string, accept: string, open: (file: File) => void): HTMLElement {
  const input = h('input', { type: 'file', accept, className: 'visually-hidden' });
  const zone = h('label', { className: 'drop' }, input, text);
  input.addEventListener('change', () => {
    const [file] = input.files ?? [];
    if (file) open(file);
    input.value = '';
  });
  zones.push({ zone, open });
  return zone;
}

export interface Status {
  line: HTMLElement;
  say(text: string): void;
  fail(error: unknown): void;
  /** Takes an error back: what was said before it stands again. */
  mend(): void;
}

/** The program that gives the answer beside it, folded up. */
export function code(): { element: HTMLElement; readonly text: string; show(text: string): void } {
  const text = h('code');
  const element = h(
    'details',
    { className: 'code' },
    h('summary', {}, 'Show the code'),
    h('pre', { tabIndex: 0, role: 'region', 'aria-label': 'The code' }, text),
  );
  return {
    element,
    get text() {
      return text.textContent ?? '';
    },
    show(program) {
      text.textContent = program.trim();
    },
  };
}

/** A line that is read out when it changes; errors stand out. */
export function status(): Status {
  const line = h('p', { className: 'status', role: 'status' });
  let said = '';
  const say = (text: string) => {
    said = text;
    line.className = 'status';
    line.textContent = text;
  };
  return {
    line,
    say,
    fail(error) {
      line.className = 'status failed';
      line.textContent = error instanceof Error ? error.message : String(error);
    },
    mend() {
      if (line.className !== 'status') say(said);
    },
  };
}

/**
 * Runs the newest of the tasks it is given: an older one is aborted, and what comes of it is dropped. A task that fails
 * for another reason is reported, until the next one begins. Resolves to whether the task came to its end.
 */
export function latest({ fail, mend }: Pick<Status, 'fail' | 'mend'>) {
  let running: AbortController | undefined;
  return async (task: (signal: AbortSignal) => Promise<void>): Promise<boolean> => {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    mend();
    try {
      await task(mine.signal);
      return !mine.signal.aborted;
    } catch (error) {
      if (!mine.signal.aborted) fail(error);
      return false;
    }
  };
}

/** Resolves in the next frame, so that work in pieces leaves room for input between them. */
export const frame = () => new Promise<void>((done) => requestAnimationFrame(() => done()));

/** Which of the two the page is in at the moment. */
export const scheme = (): 'light' | 'dark' => {
  const { theme } = document.documentElement.dataset;
  if (theme === 'light' || theme === 'dark') return theme;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
};

/** A colour of the theme, as it is at the moment. */
export const themed = (name: string) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export const whole = (value: number) => value.toLocaleString('en-US');

export function small(value: number): string {
  if (value === 0) return '0';
  return value >= 0.001 && value < 1000 ? String(+value.toPrecision(3)) : value.toExponential(1);
}

export const milliseconds = (value: number) =>
  value < 1 ? `${(1000 * value).toFixed(0)} µs` : `${value.toFixed(value < 10 ? 1 : 0)} ms`;
