declare module 'node-gyp-build' {
  /** Finds and loads the add-on of the package in `dir`: build/Release first, then prebuilds. */
  export default function load<Addon>(dir: string): Addon
}
