import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { systemCode } from '../errors.js'

const run = promisify(execFile)

/** A program that compiling requires. */
interface Tool {
  /** What a message calls it. */
  readonly name: string
  /** Programs any of which will do. */
  readonly commands: readonly string[]
  /** What a missing one is called in Debian, Termux and Homebrew. */
  readonly packages: Readonly<Record<System, string>>
  readonly oldest?: readonly [major: number, minor: number]
}

export type System = 'debian' | 'termux' | 'macos'

/** As CMakeLists.txt demands it. */
const oldestCmake = [3, 19] as const

function toolsFor({ CXX }: NodeJS.ProcessEnv): readonly Tool[] {
  return [
    {
      name: 'a C++ compiler',
      commands: CXX ? [CXX] : ['c++', 'g++', 'clang++'],
      packages: { debian: 'g++', termux: 'clang ndk-sysroot', macos: '' }
    },
    {
      name: 'CMake',
      commands: ['cmake'],
      packages: { debian: 'cmake', termux: 'cmake', macos: 'cmake' },
      oldest: oldestCmake
    },
    {
      name: 'Ninja or Make',
      commands: ['ninja', 'make'],
      packages: { debian: 'ninja-build', termux: 'ninja', macos: 'ninja' }
    },
    {
      name: 'Python 3',
      commands: ['python3', 'python'],
      packages: {
        debian: 'python3-pip',
        termux: 'python python-pip',
        macos: 'python'
      }
    }
  ]
}

/** The first line that `command --version` prints; undefined when it cannot be run. */
async function versionOf(command: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(command, ['--version'], { timeout: 60_000 })
    return stdout.split('\n')[0] ?? ''
  } catch (error) {
    // A program that is there but dislikes the option, such as BSD make, is good enough.
    return systemCode(error) === 'ENOENT' || systemCode(error) === 'EACCES' ? undefined : ''
  }
}

function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const found = /(\d+)\.(\d+)/.exec(version)
  if (found === null) return false // CMake itself will say
  const [a, b] = [Number(found[1]), Number(found[2])]
  return a < major || (a === major && b < minor)
}

export interface MissingTool {
  readonly name: string
  /** Why it cannot be used: it does not exist, or it is too old. */
  readonly reason: string
  readonly packages: Readonly<Record<System, string>>
}

/** What compiling requires and this machine lacks. */
export async function missingTools(
  env: NodeJS.ProcessEnv = process.env
): Promise<readonly MissingTool[]> {
  const missing: MissingTool[] = []
  for (const { name, commands, packages, oldest } of toolsFor(env)) {
    const versions = await Promise.all(commands.map(versionOf))
    const found = versions.find((version) => version !== undefined)
    if (found === undefined) {
      missing.push({ name, reason: `${commands.join(' or ')} is not in PATH`, packages })
    } else if (oldest !== undefined && isOlder(found, oldest)) {
      missing.push({ name, reason: `"${found}" is older than ${oldest.join('.')}`, packages })
    }
  }
  return missing
}

export function thisSystem(
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env
): System {
  if (platform === 'darwin') return 'macos'
  return platform === 'android' || env.TERMUX_VERSION ? 'termux' : 'debian'
}

/** The command that installs what is missing on a system. */
export function installCommand(missing: readonly MissingTool[], system: System): string {
  const packages = missing.map((tool) => tool.packages[system]).filter(Boolean)
  const list = packages.join(' ')
  if (system === 'debian') return `sudo apt install ${list}`
  if (system === 'termux') return `pkg install ${list}`
  const compiler = missing.some((tool) => tool.packages.macos === '')
  return [
    ...(compiler ? ['xcode-select --install'] : []),
    ...(list ? [`brew install ${list}`] : [])
  ].join(' && ')
}
