interface Memory {
  readonly buffer: ArrayBuffer
}

// Neither Node's types nor the language's have WebAssembly; those of browsers do.
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: { readonly Memory: new (pages: { initial: number }) => Memory }
}

/** Memory of a WebAssembly program, in pages of 64 KiB: it cannot be transferred. */
export function wasmMemory(pages: { readonly initial: number }): Memory {
  return new WebAssembly.Memory(pages)
}
