import { loadBinding } from '../../lib/addon/load.js'

/** What the add-on under test shows of Vulkan, software drivers counted. */
export const vulkan = loadBinding().vulkan({ allowSoftware: true })

/** The add-on was built with Vulkan. */
export const withVulkan = vulkan.builtIn
