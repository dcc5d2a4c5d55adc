// The frame of the page: tabs, theme, and what is kept for a visit without a network.
import './style.css';
import { engine } from './engine.js';
import { showTab, tabInAddress } from './state.js';
import { frame, scheme, takeDroppedFiles } from './ui.js';

type Show = (panel: HTMLElement) => Promise<void>;

// A tab is fetched when it is first opened.
const shows: Record<string, () => Promise<{ show: Show }>> = {
  graph: () => import('./graph/tab.js'),
  solve: () => import('./solve/tab.js'),
  vectors: () => import('./vectors/tab.js'),
  search: () => import('./search/tab.js'),
  text: () => import('./text/tab.js'),
  query: () => import('./query/tab.js'),
  dates: () => import('./dates/tab.js'),
  learn: () => import('./learn/tab.js'),
  voice: () => import('./voice/tab.js'),
  bench: () => import('./bench/tab.js'),
};
const tabs = [...document.querySelectorAll<HTMLButtonElement>('[role=tab]')];
const panelOf = (tab: HTMLElement) => document.getElementById(tab.getAttribute('aria-controls')!)!;
const shown = new Set<string>();

async function open(name: string): Promise<void> {
  for (const tab of tabs) {
    const chosen = panelOf(tab).id === name;
    tab.ariaSelected = String(chosen);
    tab.tabIndex = chosen ? 0 : -1;
    panelOf(tab).hidden = !chosen;
  }
  showTab(name);
  const panel = document.getElementById(name)!;
  if (!shown.has(name)) {
    shown.add(name);
    panel.ariaBusy = 'true';
    try {
      const { show } = await shows[name]!();
      await frame(); // what was fetched has run its first lines: room for input before the rest
      await show(panel);
    } catch (error) {
      panel.append(error instanceof Error ? error.message : String(error));
    }
    panel.ariaBusy = 'false';
  }
}

for (const [i, tab] of tabs.entries()) {
  tab.addEventListener('click', () => open(panelOf(tab).id));
  tab.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next =
      event.key === 'Home' ? 0 : event.key === 'End' ? tabs.length - 1 : step && i + step;
    if (next === undefined) return;
    event.preventDefault();
    const target = tabs.at(next % tabs.length)!;
    target.focus();
    open(panelOf(target).id);
  });
}
const asked = () => (tabInAddress() in shows ? tabInAddress() : 'graph');
addEventListener('hashchange', () => open(asked()));

// Theme: the system's, until the button is pressed.
const root = document.documentElement;
const button = document.getElementById('theme')!;
const dark = matchMedia('(prefers-color-scheme: dark)');
const chosen = localStorage.getItem('theme');
if (chosen) root.dataset.theme = chosen;
const isDark = () => scheme() === 'dark';
const themeChanged = () => {
  button.textContent = isDark() ? 'Light' : 'Dark';
  dispatchEvent(new Event('themechange'));
};
button.addEventListener('click', () => {
  root.dataset.theme = isDark() ? 'light' : 'dark';
  localStorage.setItem('theme', root.dataset.theme);
  themeChanged();
});
dark.addEventListener('change', themeChanged);
themeChanged();

takeDroppedFiles();
await open(asked());

// Only the variant that this browser runs is kept: src/offline.ts keeps all the rest of the page.
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  await navigator.serviceWorker.register('./offline.js');
  const { active } = await navigator.serviceWorker.ready;
  const { simd, relaxedSimd } = await (await engine()).capabilities();
  const { urlsOf } = await import('./wasm-urls.js');
  const channel = new MessageChannel();
  channel.port1.onmessage = () => {
    document.getElementById('offline')!.textContent = 'It works without a network from now on.';
  };
  const urlsToCache = urlsOf(simd, relaxedSimd);
  active!.postMessage({ type: 'CACHE_URLS', payload: { urlsToCache } }, [channel.port2]);
}
