// What the controls say, in the address: `#graph?damping=0.9&from=piano`. Whoever gets the link sees the same.

/** Parameters of each tab; those of a tab that is not shown are kept. */
const kept = new Map<string, URLSearchParams>();
let shown = '';

/** The tab that the address names, and '' when it names none. */
export const tabInAddress = (): string => location.hash.slice(1).split('?')[0]!;

function read(): void {
  const [tab = '', text = ''] = location.hash.slice(1).split('?');
  if (text !== '' || !kept.has(tab)) kept.set(tab, new URLSearchParams(text));
}
read();
addEventListener('hashchange', read);

function write(): void {
  const text = kept.get(shown)?.toString() ?? '';
  const hash = `#${shown}${text === '' ? '' : `?${text}`}`;
  if (location.hash !== hash) history.replaceState(null, '', hash);
}

/** Another tab is shown. */
export function showTab(tab: string): void {
  shown = tab;
  write();
}

/** What a control of a tab is to begin with; undefined: with what it usually does. */
export const initial = (tab: string, key: string): string | undefined =>
  kept.get(tab)?.get(key) ?? undefined;

/** A control says something else now; `undefined` is what it usually says. */
export function remember(tab: string, key: string, value: string | undefined): void {
  const parameters = kept.get(tab) ?? new URLSearchParams();
  kept.set(tab, parameters);
  if (value === undefined) parameters.delete(key);
  else parameters.set(key, value);
  if (tab === shown) write();
}
