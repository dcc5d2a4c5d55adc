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
  // Tests that make many modules give their memory back in between (door.ts).
  '--js-flags=--expose-gc',
];

/** Milliseconds that a page may take for anything before it counts as hanging: other programs may want the machine too. */
export const patience = 300_000;
