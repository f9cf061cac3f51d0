const pieceBytes = 64 * 1024;
/**
 * How deeply a file of TorchScript code nests, at most: brackets, blocks, and chains of operators, attributes and
 * calls, whose trees are as deep as they are long. LibTorch reads code by recursion, and its threads have a stack of
 * bounded size. What PyTorch writes stays below 50.
 */
export class CodeDepth {
    /** The greatest depth so far. */
    deepest = 0;
    /** Tokens of the open expression at each level of brackets; those between two commas count. */
    #levels = [0];
    #depth = 0;
    #indent = 0;
    #elifs = 0;
    #atLineStart = true;
    #word = '';
    /** The quotes that end the open string; empty outside of strings. */
    #quotes = '';
    #isEscaped = false;
    #isComment = false;
    #pendingQuotes = '';
    /** Takes the next bytes of the file. */
    take(bytes) {
        for (const byte of bytes)
            this.#byte(byte);
    }
    /**
     * @param turns lets the event loop go on
     * @returns the depth of a whole file
     */
    static async of(file, limit, turns) {
        const depth = new CodeDepth();
        for await (const piece of file) {
            for (let from = 0; from < piece.length; from += pieceBytes) {
                const part = piece.subarray(from, from + pieceBytes);
                depth.take(part);
                if (depth.deepest > limit)
                    return depth.deepest; // the rest may be long
                if (turns.isDue(part.length))
                    await turns.pause();
            }
        }
        return depth.deepest;
    }
    #byte(byte) {
        if (this.#isComment) {
            if (byte === newline)
                this.#endOfLine();
            return;
        }
        if (this.#quotes !== '') {
            this.#inString(byte);
            return;
        }
        if (byte === quote || byte === apostrophe) {
            this.#endWord();
            this.#openString(byte);
            return;
        }
        this.#pendingQuotes = '';
        if (isWordByte(byte)) {
            if (this.#word === '')
                this.#token();
            if (this.#word.length < 8)
                this.#word += String.fromCharCode(byte);
            return;
        }
        this.#endWord();
        if (byte === newline)
            this.#endOfLine();
        else if (byte === space || byte === tab)
            this.#indent += this.#atLineStart && this.#levels.length === 1 ? 1 : 0;
        else if (byte === hash)
            this.#isComment = true;
        else if (byte === comma)
            this.#resetLevel();
        else if (openers.has(byte))
            this.#open();
        else if (closers.has(byte))
            this.#close();
        else
            this.#token();
    }
    #endWord() {
        // One that follows another is a level deeper, and nothing of the line shows it.
        if (this.#word === 'elif')
            ++this.#elifs;
        this.#word = '';
    }
    #token() {
        this.#atLineStart = false;
        this.#levels[this.#levels.length - 1] = (this.#levels.at(-1) ?? 0) + 1;
        this.#deeper();
    }
    #deeper() {
        ++this.#depth;
        this.deepest = Math.max(this.deepest, this.#depth + this.#indent + this.#elifs);
    }
    #open() {
        this.#token();
        this.#levels.push(0);
        this.#deeper();
    }
    #close() {
        this.#resetLevel();
        if (this.#levels.length === 1)
            return;
        this.#levels.pop();
        --this.#depth;
    }
    #resetLevel() {
        this.#depth -= this.#levels.at(-1) ?? 0;
        this.#levels[this.#levels.length - 1] = 0;
    }
    #endOfLine() {
        this.#isComment = false;
        if (this.#levels.length > 1)
            return; // it goes on
        this.#resetLevel();
        this.#indent = 0;
        this.#atLineStart = true;
    }
    #openString(byte) {
        const mark = String.fromCharCode(byte);
        // Two quotes are an empty string, three open a long one.
        if (this.#pendingQuotes === mark + mark) {
            this.#quotes = mark.repeat(3);
            this.#pendingQuotes = '';
            return;
        }
        this.#token();
        this.#quotes = mark;
        this.#pendingQuotes = mark;
        this.#isEscaped = false;
    }
    #inString(byte) {
        const mark = this.#quotes.charCodeAt(0);
        if (this.#isEscaped) {
            this.#isEscaped = false;
            this.#pendingQuotes = '';
        }
        else if (byte === backslash) {
            this.#isEscaped = true;
            this.#pendingQuotes = '';
        }
        else if (byte === mark) {
            this.#pendingQuotes += this.#quotes.charAt(0);
            if (this.#quotes.length === 1) {
                this.#quotes = '';
                if (this.#pendingQuotes.length !== 2)
                    this.#pendingQuotes = '';
            }
            else if (this.#pendingQuotes.length === 3) {
                this.#quotes = '';
                this.#pendingQuotes = '';
            }
        }
        else {
            this.#pendingQuotes = '';
            // A string of one line cannot go on behind it.
            if (byte === newline && this.#quotes.length === 1) {
                this.#quotes = '';
                this.#endOfLine();
            }
        }
    }
}
const [newline, space, tab, hash, comma, quote, apostrophe, backslash] = codesOf('\n \t#,"\'\\');
const openers = new Set(codesOf('([{'));
const closers = new Set(codesOf(')]}'));
function codesOf(characters) {
    return Array.from(characters, (character) => character.charCodeAt(0));
}
/** Letters, digits, the underscore, and bytes of other scripts. */
function isWordByte(byte) {
    return ((byte >= 0x61 && byte <= 0x7a) ||
        (byte >= 0x41 && byte <= 0x5a) ||
        (byte >= 0x30 && byte <= 0x39) ||
        byte === 0x5f ||
        byte >= 0x80);
}
