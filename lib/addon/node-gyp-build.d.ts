declare module 'node-gyp-build' {
  interface Tuple {
    readonly name: string
    readonly platform: string
    readonly architectures: readonly string[]
  }
  interface Tags {
    readonly file: string
    readonly libc?: string
    readonly armv?: string
  }
  interface Load {
    /** Finds and loads the addon of the package in `dir`: build/Release first, then prebuilds. */
    <Addon>(dir: string): Addon
    /** The file that would be loaded; throws when there is none. */
    resolve(dir: string): string
    /** What the name of a folder or file below prebuilds/ says; undefined when it says nothing. */
    parseTuple(folder: string): Tuple | undefined
    parseTags(file: string): Tags | undefined
  }
  const load: Load
  export default load
}
