// A reader of XML, as far as graph files need it: elements, attributes and text, as it comes. Not validating; no document
// type is read and no entity declared in one is known, so that nothing in a file can make it expand.
//
// Based on: T. Bray and others, Extensible Markup Language (XML) 1.0, Fifth Edition, W3C, 2008.

export interface XmlHandler {
  open(name: string, attributes: ReadonlyMap<string, string>): void;
  /** May come in several parts. */
  text(text: string): void;
  close(name: string): void;
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

/** What is looked for, and how it ends. */
const skipped = [
  ['<!--', '-->'],
  ['<?', '?>'],
] as const;
const CDATA = '<![CDATA[';
const DOCTYPE = '<!DOCTYPE';

const NAME = /[^\s<>/=&'"!?]+/y;
const BLANKS = /\s*/y;
/** A tag, a comment or a run of text may be so long at most; more is no file of a graph. */
const LONGEST = 1 << 24;

/** The name without its prefix. */
const local = (name: string) => name.slice(name.lastIndexOf(':') + 1);

export class XmlReader {
  readonly #handler: XmlHandler;
  readonly #fault: (message: string, line: number) => Error;
  readonly #open: string[] = [];
  #rest = '';
  #line = 1;
  #rooted = false;

  /** `fault` makes the error that is thrown where this is no XML. */
  constructor(handler: XmlHandler, fault: (message: string, line: number) => Error) {
    this.#handler = handler;
    this.#fault = fault;
  }

  get line(): number {
    return this.#line;
  }

  write(piece: string): void {
    const text = this.#rest + piece;
    let at = 0;
    for (;;) {
      const next = this.#take(text, at, false);
      if (next < 0) break;
      this.#count(text, at, next);
      at = next;
    }
    this.#rest = text.slice(at);
    if (this.#rest.length > LONGEST) throw this.#wrong('a tag or text that never ends');
  }

  end(): void {
    if (this.#rest !== '' && this.#take(this.#rest, 0, true) < 0)
      throw this.#wrong('the file ends within a tag');
    const open = this.#open.at(-1);
    if (open !== undefined) throw this.#wrong(`the file ends within <${open}>`);
    if (!this.#rooted) throw this.#wrong('no element');
  }

  #wrong(message: string): Error {
    return this.#fault(message, this.#line);
  }

  #count(text: string, from: number, to: number): void {
    for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1))
      this.#line++;
  }

  /** Takes what stands at `at` and gives where it ends; -1 when more text is needed. */
  #take(text: string, at: number, all: boolean): number {
    if (at >= text.length) return -1;
    if (text[at] !== '<') return this.#takeText(text, at, all);
    for (const [begin, end] of skipped) {
      if (text.startsWith(begin, at)) return after(text, at + begin.length, end);
    }
    if (text.startsWith(CDATA, at)) {
      const close = text.indexOf(']]>', at);
      if (close < 0) return -1;
      this.#emit(text.slice(at + CDATA.length, close));
      return close + 3;
    }
    if (text.startsWith(DOCTYPE, at)) return this.#doctypeEnd(text, at);
    // The beginning of one of these may be all that has come.
    const begun = text.slice(at, at + DOCTYPE.length);
    if (
      ['<!--', CDATA, DOCTYPE].some((each) => each.startsWith(begun) && begun.length < each.length)
    )
      return -1;
    return this.#takeTag(text, at);
  }

  #takeText(text: string, at: number, all: boolean): number {
    const end = text.indexOf('<', at);
    if (end < 0 && !all) {
      // An entity may be cut.
      const cut = text.lastIndexOf('&');
      const stop = cut >= at && text.indexOf(';', cut) < 0 ? cut : text.length;
      if (stop === at) return -1;
      this.#emit(this.#decoded(text.slice(at, stop)));
      return stop;
    }
    const stop = end < 0 ? text.length : end;
    this.#emit(this.#decoded(text.slice(at, stop)));
    return stop;
  }

  #emit(text: string): void {
    if (this.#open.length > 0) this.#handler.text(text);
    else if (/[^\s\ufeff]/.test(text)) throw this.#wrong('text outside of the first element');
  }

  // Quotes and brackets nest no deeper than one in a document type.
  #doctypeEnd(text: string, at: number): number {
    const inner = /\[[^\]]*\]/y;
    for (let k = at; k < text.length; k++) {
      const c = text[k] as string;
      if (c === '>') return k + 1;
      if (c === '"' || c === "'") {
        k = text.indexOf(c, k + 1);
        if (k < 0) return -1;
      } else if (c === '[') {
        inner.lastIndex = k;
        if (!inner.test(text)) return -1;
        k = inner.lastIndex - 1;
      }
    }
    return -1;
  }

  #takeTag(text: string, at: number): number {
    const closing = text[at + 1] === '/';
    let k = at + (closing ? 2 : 1);
    const name = match(NAME, text, k);
    k += name.length;
    const attributes = new Map<string, string>();
    for (;;) {
      const blanks = match(BLANKS, text, k).length;
      k += blanks;
      if (k >= text.length) return -1;
      if (name === '') throw this.#wrong('"<" that begins no tag');
      if (text[k] === '>') {
        if (closing) this.#close(name);
        else this.#openTag(name, attributes);
        return k + 1;
      }
      if (text[k] === '/' && !closing) {
        if (k + 1 >= text.length) return -1;
        if (text[k + 1] !== '>') throw this.#wrong(`"/" within <${name}>`);
        this.#openTag(name, attributes);
        this.#close(name);
        return k + 2;
      }
      const key = match(NAME, text, k);
      if (key === '' || blanks === 0 || closing)
        throw this.#wrong(`${JSON.stringify(text[k])} within <${name}>`);
      k += key.length;
      k += match(BLANKS, text, k).length;
      if (k >= text.length) return -1;
      if (text[k] !== '=') throw this.#wrong(`attribute ${key} of <${name}> has no value`);
      k++;
      k += match(BLANKS, text, k).length;
      if (k >= text.length) return -1;
      const quote = text[k] as string;
      if (quote !== '"' && quote !== "'")
        throw this.#wrong(`attribute ${key} of <${name}> has no quotes`);
      const close = text.indexOf(quote, k + 1);
      if (close < 0) return -1;
      if (attributes.has(key)) throw this.#wrong(`attribute ${key} of <${name}> twice`);
      attributes.set(key, this.#decoded(text.slice(k + 1, close)));
      k = close + 1;
    }
  }

  #openTag(name: string, attributes: ReadonlyMap<string, string>): void {
    if (this.#open.length === 0 && this.#rooted) throw this.#wrong(`<${name}> after the end`);
    this.#rooted = true;
    this.#open.push(name);
    this.#handler.open(local(name), attributes);
  }

  #close(name: string): void {
    const open = this.#open.pop();
    if (open !== name)
      throw this.#wrong(`</${name}>${open === undefined ? '' : ` closes <${open}>`}`);
    this.#handler.close(local(name));
  }

  #decoded(text: string): string {
    if (!text.includes('&')) return text;
    return text.replaceAll(/&([^;&]*);?/g, (whole: string, name: string) => {
      const number = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i.exec(name);
      const code = number && (number[1] ? Number.parseInt(number[1], 16) : Number(number[2]));
      const known = code !== null ? code > 0 && code <= 0x10ffff : Object.hasOwn(entities, name);
      if (!known || !whole.endsWith(';')) throw this.#wrong(`unknown entity ${whole}`);
      return code !== null ? String.fromCodePoint(code) : (entities[name] as string);
    });
  }
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

function after(text: string, at: number, end: string): number {
  const found = text.indexOf(end, at);
  return found < 0 ? -1 : found + end.length;
}
