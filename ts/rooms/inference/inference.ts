// Vectors of texts, speech in sound.
import type { Runtime } from '../../runtime/runtime.js';
import { Decoder } from './decoder.js';
import { StaticEmbedder } from './static-embedder.js';
import { TextCollection } from './text-collection.js';
import { TextEmbedder } from './text-embedder.js';
import { VoiceDetector } from './voice-detector.js';
import { WeightFile } from './weights.js';

export * from '../../runtime/errors.js';
export type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export type { ReadProgress } from '../../runtime/text-source.js';
export { Decoder } from './decoder.js';
export { Embedder } from './embedder.js';
export { StaticEmbedder } from './static-embedder.js';
export {
  type AddTextsProgress,
  type LoadTextCollectionOptions,
  TextCollection,
  type TextCollectionOptions,
  type TextItem,
} from './text-collection.js';
export { TextEmbedder } from './text-embedder.js';
export type {
  AppendOptions,
  BertModel,
  BertOptions,
  DecoderOptions,
  EmbedAsyncOptions,
  EmbedOptions,
  GenerateAsyncOptions,
  GenerateOptions,
  LlamaModel,
  Model2Vec,
  Pooling,
  Precision,
  PrecisionOption,
  TfjsModel,
  Tokens,
  WeightingOptions,
  WordTable,
} from './types.js';
export { VoiceDetector } from './voice-detector.js';
export type {
  Heard,
  Speech,
  SpeechEnd,
  SpeechStart,
  VoiceEvent,
  VoiceOptions,
} from './voice-types.js';
export { WeightFile, type WeightInfo, type WeightType, type WeightValue } from './weights.js';

/** What `engine.use('inference')` and `load()` give. */
export interface InferenceRoom {
  readonly TextEmbedder: typeof TextEmbedder;
  readonly StaticEmbedder: typeof StaticEmbedder;
  readonly TextCollection: typeof TextCollection;
  readonly Decoder: typeof Decoder;
  readonly VoiceDetector: typeof VoiceDetector;
  readonly WeightFile: typeof WeightFile;
}

/** @internal */
export function createRoom(runtime: Runtime): InferenceRoom {
  return {
    TextEmbedder: runtime.bind(TextEmbedder),
    StaticEmbedder: runtime.bind(StaticEmbedder),
    TextCollection,
    Decoder: runtime.bind(Decoder),
    VoiceDetector: runtime.bind(VoiceDetector),
    WeightFile: runtime.bind(WeightFile),
  };
}
