import type { LoadedModel } from '../model/loaded-model.js';
import type { LoadOptions, ResolvedLoadOptions } from '../model/options.js';
import type { ArtifactSource } from '../model/source.js';
import type { Origin } from '../model/origin.js';

/** What is seen of a file without reading all of it. */
export interface Sniffed {
  /** Its first bytes. */
  readonly head: Buffer;
  /** Of a zip archive: what it is, by the directory at its end. */
  readonly archive: 'exported' | 'compiled' | 'unknown' | undefined;
}

/** One engine: what the table of engines knows of it. */
export interface EngineRow {
  /** Of its files, with the dot, in lower case. */
  readonly extensions: readonly string[];
  /** Whether a file is one of its own, where the extension does not say it. */
  readonly recognizes: (file: Sniffed) => boolean;
  /** The native library that it computes with, which is loaded with the first model. */
  readonly needs: string;
  /** Begins to open that library on another thread, ahead of the first model, whose load tells of what fails. Resolves once it has begun. */
  readonly openAhead?: () => Promise<void>;
  /** That library with its version, `LibTorch 2.15.0`. It may load it. @throws what finding it throws */
  readonly runtime: () => Promise<string>;
  /** What a file says of its making. It reads little of it, runs nothing, and takes any bytes. */
  readonly origin: (path: string) => Promise<Origin | undefined>;
  /** Files beside a model, by their paths from its folder, that hold its weights. Engines without it have all in one file. */
  readonly weightFiles?: (path: string, signal?: AbortSignal) => Promise<string[]>;
  /** What the Open Inference Protocol calls its models: the project and the format. */
  readonly platform: string;
  /** The backend that runs them in Triton. */
  readonly backend: string;
  /** The library that Hugging Face's cards name for its models. */
  readonly hubLibrary: string;
  /** One line on what becomes of its format, where somebody who looks at a file should know it. */
  readonly outlook?: string;
  /** Options of loadModel that it does not have, and why. */
  readonly lacks: Readonly<Partial<Record<keyof LoadOptions, string>>>;
  /** Loads a model whose options were checked. @throws as loadModel */
  readonly load: (source: ArtifactSource, options: ResolvedLoadOptions) => Promise<LoadedModel>;
}
