/** Where a text stops being JSON. `JSON.parse` does not always say, and when it does it quotes the text. */
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const escape = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const blank = /[ \t\n\r]*/y;
const literal = /true|false|null/y;
/**
 * Index of the first character that cannot stand where it is; the text's length when it ends too early.
 * Nesting must be bounded by the caller.
 */
export function jsonFaultPosition(text) {
    return new Scanner(text).document();
}
/** Every part says whether it was whole; where it was not, the scanner stays at the fault. */
class Scanner {
    #at = 0;
    #text;
    constructor(text) {
        this.#text = text;
    }
    document() {
        this.#skipBlank();
        if (this.#value())
            this.#skipBlank();
        return this.#at;
    }
    #value() {
        switch (this.#text[this.#at]) {
            case '{':
                return this.#members('}', () => this.#member());
            case '[':
                return this.#members(']', () => this.#value());
            case '"':
                return this.#string();
            default:
                return this.#match(number) || this.#match(literal);
        }
    }
    #member() {
        if (!this.#string())
            return false;
        this.#skipBlank();
        if (!this.#take(':'))
            return false;
        this.#skipBlank();
        return this.#value();
    }
    #members(close, member) {
        this.#at++;
        this.#skipBlank();
        if (this.#take(close))
            return true;
        while (member()) {
            this.#skipBlank();
            if (this.#take(close))
                return true;
            if (!this.#take(','))
                return false;
            this.#skipBlank();
        }
        return false;
    }
    // A loop, for a pattern over a string of megabytes would run out of backtracking space.
    #string() {
        if (!this.#take('"'))
            return false;
        for (;;) {
            const character = this.#text[this.#at];
            if (character === undefined || character < ' ')
                return false;
            if (character === '\\') {
                if (!this.#match(escape))
                    return false;
            }
            else {
                this.#at++;
                if (character === '"')
                    return true;
            }
        }
    }
    #take(character) {
        if (this.#text[this.#at] !== character)
            return false;
        this.#at++;
        return true;
    }
    #skipBlank() {
        this.#match(blank);
    }
    #match(pattern) {
        pattern.lastIndex = this.#at;
        if (!pattern.test(this.#text))
            return false;
        this.#at = pattern.lastIndex;
        return true;
    }
}
