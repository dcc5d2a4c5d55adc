import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromiumFlags, chromiumProgram } from './test/support/chromium.js';

// The tests import the package by its name, as users do, and get what was built. Node resolves such a self-reference;
// Vite does not, so the entries of package.json's "exports" are given to it as aliases.
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const { exports } = JSON.parse(readFileSync(at('package.json'), 'utf8'));
const alias = Object.entries(exports as Record<string, string | { default: string }>).map(
  ([subpath, target]) => ({
    find: new RegExp(`^sublinear${subpath.slice(1).replaceAll('.', '\\.').replace('*', '(.*)')}$`),
    replacement: at((typeof target === 'string' ? target : target.default).replace('*', '$1')),
  }),
);

export default defineConfig({
  resolve: { alias },
  // Nothing a test serves can be reached from another machine.
  server: { host: '127.0.0.1' },
  test: {
    // They end what hangs. How long anything takes on a machine that is busy with something else is nobody's business here.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 120_000 } },
    maxWorkers: 2,
    setupFiles: [at('test/support/typed-arrays.ts')],
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.{browser,site}.test.ts', 'test/{slow,speed}/**'],
        },
      },
      // What takes minutes by its nature; `npm run test:slow`.
      {
        extends: true,
        test: { name: 'slow', include: ['test/slow/*.test.ts'], testTimeout: 1_200_000 },
      },
      // What looks at the clock, one file after another; `npm run test:speed`, never part of the other commands.
      {
        extends: true,
        test: { name: 'speed', include: ['test/speed/*.test.ts'], maxWorkers: 1 },
      },
      // The playground's built site in a browser.
      {
        extends: true,
        test: { name: 'site', include: ['test/**/*.site.test.ts'], maxWorkers: 1 },
      },
      {
        extends: true,
        // Found while a test runs, a dependency would make Vite reload the page under it.
        optimizeDeps: { include: ['comlink', 'idb', 'wasm-feature-detect'] },
        test: {
          name: 'browser',
          include: ['test/**/*.browser.test.ts'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            api: { host: '127.0.0.1' },
            provider: playwright({
              launchOptions: {
                executablePath: chromiumProgram,
                args: chromiumFlags,
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
