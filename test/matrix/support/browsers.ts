// The three engines behind one interface: Chromium by Playwright, Firefox by WebDriver BiDi, WebKitGTK by plain WebDriver.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { chromium } from 'playwright';
import { chromiumFlags, chromiumProgram } from '../../support/chromium.js';
import { importTool, root } from './tools.js';

const run = promisify(execFile);

export type BrowserName = 'chromium' | 'firefox' | 'webkit';

export interface Browser {
  /** With version. */
  readonly name: string;
  /**
   * Opens a page and gives the text of `data-<attribute>` of its root element as soon as it is there. A page that never
   * sets it is an error with what the browser's console says.
   */
  visit(url: string, attribute: string, timeoutMs?: number): Promise<string>;
  close(): Promise<void>;
}

export const launch: Record<BrowserName, () => Promise<Browser>> = {
  chromium: launchChromium,
  firefox: launchFirefox,
  webkit: launchWebKit,
};

/** Reads the attribute in the page again and again until it is there. */
async function poll(
  read: () => Promise<unknown>,
  complaints: () => string,
  timeoutMs = 60_000,
): Promise<string> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const text = await read();
    if (typeof text === 'string') return text;
    if (Date.now() > end) throw new Error(`the page has not answered. ${complaints()}`);
    await setTimeout(50);
  }
}

async function launchChromium(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: chromiumProgram,
    args: chromiumFlags,
  });
  return {
    name: `Chromium ${browser.version().split('.')[0]}`,
    async visit(url, attribute, timeoutMs) {
      // A context of its own: nothing is cached from the page before.
      const context = await browser.newContext();
      try {
        const page = await context.newPage();
        const said: string[] = [];
        page.on('console', (message) => said.push(message.text()));
        page.on('pageerror', (error) => said.push(error.message));
        await page.goto(url, { waitUntil: 'commit' });
        const read = () =>
          page
            .evaluate((name) => document.documentElement.dataset[name], attribute)
            .catch(() => undefined); // between two documents: a dev server has reloaded the page
        return await poll(read, () => said.join('\n'), timeoutMs);
      } finally {
        await context.close();
      }
    },
    close: () => browser.close(),
  };
}

/** What is used of puppeteer-core. */
interface Puppeteer {
  launch(options: object): Promise<{
    version(): Promise<string>;
    newPage(): Promise<{
      goto(url: string): Promise<unknown>;
      on(event: string, listener: (value: { text?(): string; message?: string }) => void): void;
      evaluate(script: string): Promise<unknown>;
      close(): Promise<void>;
    }>;
    close(): Promise<void>;
  }>;
}

async function launchFirefox(): Promise<Browser> {
  await debian('firefox-esr');
  const { default: puppeteer } = await importTool<{ default: Puppeteer }>(
    'browsers',
    'puppeteer-core',
  );
  const profile = await mkdtemp(join(tmpdir(), 'sublinear-firefox-'));
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: '/usr/bin/firefox-esr',
    headless: true,
    userDataDir: profile,
    extraPrefsFirefox: {
      // It asks its maker's hosts for lists and updates otherwise.
      'app.normandy.enabled': false,
      'app.update.enabled': false,
      'browser.safebrowsing.malware.enabled': false,
      'browser.safebrowsing.phishing.enabled': false,
      'datareporting.policy.dataSubmissionEnabled': false,
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
      'services.settings.server': 'data:,',
    },
  });
  return {
    name: (await browser.version()).replace(
      /^(\w)(\w+)\/(\d+).*/,
      (_, a, b, c) => `${a.toUpperCase()}${b} ${c}`,
    ),
    async visit(url, attribute, timeoutMs) {
      const page = await browser.newPage();
      try {
        const said: string[] = [];
        page.on('console', (message) => said.push(message.text?.() ?? ''));
        page.on('pageerror', (error) => said.push(error.message ?? ''));
        await page.goto(url);
        const read = () => page.evaluate(`document.documentElement.dataset.${attribute}`);
        return await poll(read, () => said.join('\n'), timeoutMs);
      } finally {
        await page.close();
      }
    },
    async close() {
      await browser.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

async function launchWebKit(): Promise<Browser> {
  await debian('webkit2gtk-driver', 'xvfb');
  // It writes the number of the display that it found free to file descriptor 3.
  const display = spawn(
    'Xvfb',
    ['-displayfd', '3', '-screen', '0', '1024x768x24', '-nolisten', 'tcp'],
    {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    },
  );
  const number = await firstLine(display);
  const port = 20_000 + (process.pid % 20_000);
  const driver = spawn('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], {
    stdio: 'ignore',
    env: {
      ...process.env,
      DISPLAY: `:${number}`,
      // There is no graphics card behind this display, and no bus for assistive programs.
      LIBGL_ALWAYS_SOFTWARE: '1',
      NO_AT_BRIDGE: '1',
    },
  });
  const stop = () => {
    driver.kill();
    display.kill();
  };
  const call = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`http://127.0.0.1:${port}/${path}`, {
      method,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const { value } = (await answer.json()) as { value: Record<string, unknown> };
    if (!answer.ok) throw new Error(`WebDriver: ${path}: ${value.message}`);
    return value;
  };
  try {
    for (let tries = 0; ; tries++) {
      if (
        await call('GET', 'status').then(
          ({ ready }) => ready,
          () => false,
        )
      )
        break;
      if (tries === 100) throw new Error('WebKitWebDriver has not started');
      await setTimeout(100);
    }
    const binary = (
      await run('sh', ['-c', 'ls /usr/lib/*/webkit2gtk-4.*/MiniBrowser | tail -n 1'])
    ).stdout.trim();
    const session = await call('POST', 'session', {
      capabilities: {
        alwaysMatch: { 'webkitgtk:browserOptions': { binary, args: ['--automation'] } },
      },
    });
    const at = `session/${session.sessionId}`;
    const version = (session.capabilities as { browserVersion: string }).browserVersion;
    return {
      name: `WebKitGTK ${version}`,
      async visit(url, attribute, timeoutMs) {
        await call('POST', `${at}/url`, { url });
        const script = `return document.documentElement.dataset.${attribute} ?? null`;
        const read = () => call('POST', `${at}/execute/sync`, { script, args: [] });
        return poll(read, () => '', timeoutMs);
      },
      async close() {
        await call('DELETE', at).catch(() => {});
        stop();
      },
    };
  } catch (error) {
    stop();
    throw error;
  }
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)));
    child.stdio[3]?.once('data', (data) => resolve(String(data).trim()));
  });
}

/** Installs Debian packages where there is apt; elsewhere the program has to be there already. */
async function debian(...packages: string[]): Promise<void> {
  const script =
    '. tools/apt.sh; ! command -v apt-get >/dev/null || apt_install build/matrix/apt.log "$@"';
  await run('sh', ['-c', script, 'sh', ...packages], { cwd: root });
}
