// A guess of the input before the provider has counted it: good enough to refuse early and to charge a stream that was cut off.

/** Text bytes per token: the usual rule of thumb for English and code (platform.openai.com/tokenizer: "one token generally corresponds to ~4 characters"). */
const TEXT_BYTES_PER_TOKEN = 4

/**
 * Tokens assumed for one image, sound or file. A guess: gpt-4o bills a 1024×1024 picture in high detail as 765, Claude about 1,400, a minute
 * of sound is several hundred; how much a file holds cannot be known without decoding it.
 */
const TOKENS_PER_MEDIA = 1_000

/** `textBytes` are all bytes that are not media, JSON syntax included. At least 1. */
export function estimateInputTokens({ textBytes, mediaCount }: { readonly textBytes: number; readonly mediaCount: number }): number {
  return Math.max(1, Math.ceil(textBytes / TEXT_BYTES_PER_TOKEN) + mediaCount * TOKENS_PER_MEDIA)
}
