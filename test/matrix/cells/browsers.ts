// The three browser engines, with the package as it lies in node_modules and an import map: no bundler at all.
import type { BrowserName } from '../support/browsers.js';
import type { Cell } from '../support/cell.js';
import { importMapPage, served } from '../support/page.js';

const cell = (name: BrowserName, title: string): Cell => ({
  name,
  title,
  group: 'Browsers',
  remark: 'No bundler: an import map.',
  async run(context) {
    const folder = await context.scratch(name);
    await importMapPage(folder);
    const { name: by } = await context.browser(name);
    return { by, ...(await served(context, folder, { browser: name })) };
  },
});

export const cells: Cell[] = [
  cell('chromium', 'Chromium'),
  cell('firefox', 'Firefox'),
  cell('webkit', 'WebKit'),
];
