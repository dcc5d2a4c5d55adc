// How the tests start Chromium: Debian's, or what CHROMIUM names.

export const chromiumProgram = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Without these it looks for its maker's hosts at every start. */
export const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
