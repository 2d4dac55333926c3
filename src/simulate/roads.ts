/**
 * The roads of the simulated state: real Massachusetts roads as lines of places (interchanges and crossings), written down
 * from general knowledge with four decimals. Good to about a kilometre, enough to look right on a map; nothing here says
 * where a real reader stands.
 *
 * A line runs from its first to its last place; `along` and `against` are the signposted directions.
 */
export type Place = { town: string; latitude: number; longitude: number }

export type Road = {
  name: string
  along: 'N' | 'S' | 'E' | 'W'
  against: 'N' | 'S' | 'E' | 'W'
  /** Whose road: highways are the state police's, streets the town's. */
  highway: boolean
  speedKph: number
  lanes: number
  /** How busy, compared with the others. */
  volume: number
  places: readonly Place[]
}

type Line = readonly (readonly [town: string, latitude: number, longitude: number])[]

function road(
  name: string,
  [along, against]: readonly [Road['along'], Road['against']],
  [speedKph, lanes, volume]: readonly [number, number, number],
  line: Line,
): Road {
  const places = line.map(([town, latitude, longitude]) => ({ town, latitude, longitude }))
  return { name, along, against, highway: speedKph >= 80, speedKph, lanes, volume, places }
}

const eastwards = ['E', 'W'] as const
const southwards = ['S', 'N'] as const
const northwards = ['N', 'S'] as const

export const roads: readonly Road[] = [
  road(
    'I-90',
    eastwards,
    [105, 3, 10],
    [
      ['Lee', 42.2966, -73.236],
      ['Westfield', 42.1589, -72.7312],
      ['West Springfield', 42.1597, -72.639],
      ['Chicopee', 42.165, -72.542],
      ['Palmer', 42.176, -72.329],
      ['Sturbridge', 42.126, -72.0617],
      ['Auburn', 42.1986, -71.8414],
      ['Millbury', 42.203, -71.765],
      ['Hopkinton', 42.261, -71.569],
      ['Southborough', 42.2797, -71.48],
      ['Framingham', 42.306, -71.39],
      ['Weston', 42.339, -71.264],
      ['Newton', 42.356, -71.184],
      ['Boston', 42.3555, -71.117],
    ],
  ),
  road(
    'I-93',
    southwards,
    [95, 4, 12],
    [
      ['Methuen', 42.729, -71.203],
      ['Andover', 42.664, -71.207],
      ['Wilmington', 42.575, -71.156],
      ['Woburn', 42.5036, -71.118],
      ['Medford', 42.435, -71.102],
      ['Somerville', 42.391, -71.083],
      ['Boston', 42.3692, -71.0632],
      ['Quincy', 42.275, -71.041],
      ['Braintree', 42.223, -71.018],
      ['Randolph', 42.204, -71.065],
      ['Canton', 42.2098, -71.142],
    ],
  ),
  road(
    'I-95',
    southwards,
    [105, 3, 11],
    [
      ['Salisbury', 42.845, -70.9],
      ['Newburyport', 42.819, -70.921],
      ['Danvers', 42.585, -70.967],
      ['Peabody', 42.543, -70.976],
      ['Wakefield', 42.508, -71.084],
      ['Woburn', 42.503, -71.121],
      ['Burlington', 42.485, -71.211],
      ['Lexington', 42.423, -71.256],
      ['Waltham', 42.3706, -71.266],
      ['Newton', 42.319, -71.23],
      ['Needham', 42.301, -71.221],
      ['Dedham', 42.232, -71.179],
      ['Sharon', 42.13, -71.233],
      ['Foxborough', 42.035, -71.251],
      ['Attleboro', 41.935, -71.315],
    ],
  ),
  road(
    'I-495',
    southwards,
    [105, 3, 9],
    [
      ['Haverhill', 42.768, -71.112],
      ['Lawrence', 42.699, -71.148],
      ['Andover', 42.66, -71.206],
      ['Lowell', 42.613, -71.324],
      ['Littleton', 42.517, -71.499],
      ['Marlborough', 42.349, -71.589],
      ['Hopkinton', 42.209, -71.551],
      ['Milford', 42.15, -71.494],
      ['Franklin', 42.083, -71.425],
      ['Mansfield', 42.013, -71.236],
      ['Raynham', 41.942, -71.05],
      ['Middleborough', 41.89, -70.92],
      ['Wareham', 41.77, -70.73],
    ],
  ),
  road(
    'Route 128',
    northwards,
    [90, 2, 5],
    [
      ['Peabody', 42.544, -70.972],
      ['Danvers', 42.559, -70.938],
      ['Beverly', 42.575, -70.889],
      ['Gloucester', 42.625, -70.699],
    ],
  ),
  road(
    'Route 2',
    eastwards,
    [90, 2, 5],
    [
      ['Greenfield', 42.604, -72.62],
      ['Gardner', 42.566, -71.986],
      ['Fitchburg', 42.55, -71.85],
      ['Leominster', 42.535, -71.749],
      ['Littleton', 42.52, -71.5],
      ['Acton', 42.48, -71.434],
      ['Concord', 42.462, -71.394],
      ['Lexington', 42.424, -71.25],
      ['Arlington', 42.408, -71.179],
      ['Cambridge', 42.397, -71.143],
    ],
  ),
  road(
    'Route 3',
    southwards,
    [95, 2, 7],
    [
      ['Tyngsborough', 42.674, -71.416],
      ['Chelmsford', 42.612, -71.332],
      ['Billerica', 42.543, -71.257],
      ['Bedford', 42.505, -71.24],
      ['Burlington', 42.487, -71.213],
    ],
  ),
  road(
    'Route 3',
    southwards,
    [95, 2, 7],
    [
      ['Braintree', 42.219, -71.013],
      ['Weymouth', 42.178, -70.954],
      ['Hanover', 42.132, -70.845],
      ['Kingston', 41.988, -70.727],
      ['Plymouth', 41.954, -70.699],
      ['Bourne', 41.776, -70.543],
    ],
  ),
  road(
    'Route 6',
    eastwards,
    [85, 2, 4],
    [
      ['Bourne', 41.772, -70.548],
      ['Sandwich', 41.73, -70.49],
      ['Barnstable', 41.689, -70.348],
    ],
  ),
  road(
    'Route 9',
    eastwards,
    [70, 2, 5],
    [
      ['Worcester', 42.27, -71.79],
      ['Shrewsbury', 42.276, -71.713],
      ['Westborough', 42.287, -71.625],
      ['Southborough', 42.297, -71.53],
      ['Framingham', 42.301, -71.417],
      ['Natick', 42.301, -71.384],
      ['Wellesley', 42.309, -71.277],
      ['Newton', 42.323, -71.169],
      ['Brookline', 42.333, -71.116],
    ],
  ),
  road(
    'Route 24',
    southwards,
    [100, 3, 6],
    [
      ['Randolph', 42.194, -71.067],
      ['Brockton', 42.08, -71.054],
      ['West Bridgewater', 42.02, -71.048],
      ['Raynham', 41.948, -71.047],
      ['Taunton', 41.88, -71.065],
      ['Fall River', 41.71, -71.125],
    ],
  ),
  road(
    'I-91',
    northwards,
    [100, 2, 5],
    [
      ['Springfield', 42.101, -72.594],
      ['Chicopee', 42.158, -72.605],
      ['Holyoke', 42.204, -72.635],
      ['Northampton', 42.312, -72.622],
      ['Greenfield', 42.601, -72.616],
    ],
  ),
  road(
    'I-195',
    eastwards,
    [100, 3, 5],
    [
      ['Fall River', 41.706, -71.164],
      ['New Bedford', 41.645, -70.93],
      ['Wareham', 41.77, -70.735],
    ],
  ),
  road(
    'I-290',
    eastwards,
    [90, 3, 6],
    [
      ['Auburn', 42.204, -71.836],
      ['Worcester', 42.266, -71.794],
      ['Shrewsbury', 42.305, -71.72],
      ['Marlborough', 42.348, -71.592],
    ],
  ),
  road(
    'Route 1',
    northwards,
    [80, 3, 5],
    [
      ['Boston', 42.373, -71.06],
      ['Chelsea', 42.396, -71.037],
      ['Revere', 42.425, -71.022],
      ['Peabody', 42.54, -70.985],
    ],
  ),
  road(
    'Route 20',
    eastwards,
    [60, 2, 2],
    [
      ['Lee', 42.305, -73.247],
      ['Pittsfield', 42.43, -73.256],
    ],
  ),
]

/** Kilometres between two points, on a flat map: within 0.1 % over the size of the state. */
export function kilometresBetween(
  a: { latitude: number; longitude: number },
  b: { latitude: number; longitude: number },
): number {
  const north = (b.latitude - a.latitude) * 111.19
  const east = (b.longitude - a.longitude) * 111.19 * Math.cos(((a.latitude + b.latitude) / 2) * (Math.PI / 180))
  return Math.sqrt(north * north + east * east)
}

/** Compass direction from one point to another in whole degrees, 0 to 359. */
export function headingBetween(
  a: { latitude: number; longitude: number },
  b: { latitude: number; longitude: number },
): number {
  const east = (b.longitude - a.longitude) * Math.cos(((a.latitude + b.latitude) / 2) * (Math.PI / 180))
  const degrees = Math.round(Math.atan2(east, b.latitude - a.latitude) * (180 / Math.PI))
  return (degrees + 360) % 360
}
