/** Where a text stops being JSON. `JSON.parse` does not always say, and when it does it quotes the text. */

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const escape = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const blank = /[ \t\n\r]*/y;
const literal = /true|false|null/y;

/**
 * Index of the first character that cannot stand where it is; the text's length when it ends too early.
 * Nesting must be bounded by the caller.
 */
export function jsonFaultPosition(text: string): number {
  return new Scanner(text).document();
}

/** Thrown inside the scanner only. */
class Fault {
  constructor(readonly position: number) {}
}

class Scanner {
  #at = 0;

  constructor(readonly text: string) {}

  document(): number {
    try {
      this.#skipBlank();
      this.#value();
      this.#skipBlank();
      return this.#at;
    } catch (fault) {
      if (fault instanceof Fault) return fault.position;
      throw fault;
    }
  }

  #value(): void {
    switch (this.text[this.#at]) {
      case '{':
        return this.#members('}', () => {
          this.#string();
          this.#skipBlank();
          this.#expect(':');
          this.#skipBlank();
          this.#value();
        });
      case '[':
        return this.#members(']', () => this.#value());
      case '"':
        return this.#string();
      default:
        if (!this.#match(number) && !this.#match(literal)) throw new Fault(this.#at);
    }
  }

  #members(close: string, member: () => void): void {
    this.#at++;
    this.#skipBlank();
    if (this.text[this.#at] === close) {
      this.#at++;
      return;
    }
    for (;;) {
      member();
      this.#skipBlank();
      if (this.text[this.#at] === close) break;
      this.#expect(',');
      this.#skipBlank();
    }
    this.#at++;
  }

  // A loop, for a pattern over a string of megabytes would run out of backtracking space.
  #string(): void {
    this.#expect('"');
    for (;;) {
      const character = this.text[this.#at];
      if (character === '\\') {
        if (!this.#match(escape)) throw new Fault(this.#at);
      } else if (character === undefined || character < ' ') {
        throw new Fault(this.#at);
      } else {
        this.#at++;
        if (character === '"') return;
      }
    }
  }

  #expect(character: string): void {
    if (this.text[this.#at] !== character) throw new Fault(this.#at);
    this.#at++;
  }

  #skipBlank(): void {
    this.#match(blank);
  }

  #match(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.text)) return false;
    this.#at = pattern.lastIndex;
    return true;
  }
}
