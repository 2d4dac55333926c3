/**
 * The towns of the simulated state: real Massachusetts names and the places of their centres, with rounded populations, so
 * that traffic has somewhere to come from. Coordinates are written down from general knowledge, four decimals, good to a
 * few hundred metres.
 */
import { must } from '../kernel/assert.ts'

export type Town = {
  name: string
  /** Massachusetts' 14 counties in alphabetical order, 1 to 14. */
  county: number
  latitude: number
  longitude: number
  populationThousands: number
}

type Row = readonly [name: string, county: number, latitude: number, longitude: number, populationThousands: number]

const rows: readonly Row[] = [
  ['Barnstable', 1, 41.6525, -70.2881, 49],
  ['Bourne', 1, 41.7412, -70.5989, 20],
  ['Sandwich', 1, 41.7589, -70.4939, 20],
  ['Pittsfield', 2, 42.4484, -73.2537, 44],
  ['Lee', 2, 42.3043, -73.2482, 6],
  ['Attleboro', 3, 41.9445, -71.2856, 46],
  ['Fall River', 3, 41.7015, -71.155, 94],
  ['Mansfield', 3, 42.0334, -71.219, 24],
  ['New Bedford', 3, 41.6362, -70.9342, 101],
  ['Raynham', 3, 41.9487, -71.0531, 15],
  ['Taunton', 3, 41.9001, -71.0898, 59],
  ['Andover', 5, 42.6583, -71.1368, 36],
  ['Beverly', 5, 42.5584, -70.88, 42],
  ['Danvers', 5, 42.5751, -70.9301, 28],
  ['Gloucester', 5, 42.6159, -70.662, 30],
  ['Haverhill', 5, 42.7762, -71.0773, 67],
  ['Lawrence', 5, 42.707, -71.1631, 88],
  ['Lynn', 5, 42.4634, -70.9455, 101],
  ['Methuen', 5, 42.7262, -71.1909, 53],
  ['Newburyport', 5, 42.8126, -70.8773, 18],
  ['Peabody', 5, 42.5279, -70.9287, 54],
  ['Salem', 5, 42.5217, -70.8954, 44],
  ['Salisbury', 5, 42.8418, -70.8606, 9],
  ['Greenfield', 6, 42.5876, -72.5995, 18],
  ['Chicopee', 7, 42.1487, -72.6079, 55],
  ['Holyoke', 7, 42.2043, -72.6162, 38],
  ['Palmer', 7, 42.1584, -72.3287, 12],
  ['Springfield', 7, 42.1015, -72.5898, 155],
  ['West Springfield', 7, 42.107, -72.6204, 29],
  ['Westfield', 7, 42.1198, -72.7495, 41],
  ['Amherst', 8, 42.3754, -72.5198, 39],
  ['Hadley', 8, 42.3418, -72.5884, 5],
  ['Northampton', 8, 42.319, -72.631, 30],
  ['Acton', 9, 42.4851, -71.4328, 24],
  ['Arlington', 9, 42.4154, -71.1565, 46],
  ['Bedford', 9, 42.4906, -71.276, 14],
  ['Billerica', 9, 42.5584, -71.2689, 42],
  ['Burlington', 9, 42.5048, -71.1956, 26],
  ['Cambridge', 9, 42.3734, -71.119, 118],
  ['Chelmsford', 9, 42.5998, -71.3513, 36],
  ['Concord', 9, 42.4604, -71.3489, 18],
  ['Framingham', 9, 42.2793, -71.4162, 72],
  ['Hopkinton', 9, 42.2287, -71.5226, 19],
  ['Lexington', 9, 42.4496, -71.231, 34],
  ['Littleton', 9, 42.5373, -71.4873, 10],
  ['Lowell', 9, 42.6459, -71.3128, 115],
  ['Malden', 9, 42.4265, -71.0745, 66],
  ['Marlborough', 9, 42.3459, -71.5523, 42],
  ['Medford', 9, 42.4184, -71.1062, 60],
  ['Natick', 9, 42.2836, -71.3495, 37],
  ['Newton', 9, 42.337, -71.2092, 88],
  ['Somerville', 9, 42.3876, -71.0995, 81],
  ['Tyngsborough', 9, 42.6768, -71.4245, 12],
  ['Wakefield', 9, 42.5039, -71.0723, 27],
  ['Waltham', 9, 42.3765, -71.2356, 65],
  ['Weston', 9, 42.3668, -71.3031, 12],
  ['Wilmington', 9, 42.5465, -71.1737, 23],
  ['Woburn', 9, 42.4793, -71.1523, 41],
  ['Braintree', 11, 42.2072, -71.001, 39],
  ['Brookline', 11, 42.3318, -71.1212, 63],
  ['Canton', 11, 42.1584, -71.1448, 24],
  ['Dedham', 11, 42.2436, -71.1672, 25],
  ['Foxborough', 11, 42.0654, -71.2478, 18],
  ['Franklin', 11, 42.0834, -71.3967, 33],
  ['Needham', 11, 42.2809, -71.2378, 32],
  ['Quincy', 11, 42.2513, -71.0042, 101],
  ['Randolph', 11, 42.1626, -71.0412, 34],
  ['Sharon', 11, 42.1237, -71.1787, 18],
  ['Wellesley', 11, 42.2968, -71.2924, 29],
  ['Weymouth', 11, 42.2181, -70.941, 57],
  ['Brockton', 12, 42.0834, -71.0184, 105],
  ['Hanover', 12, 42.1134, -70.812, 14],
  ['Kingston', 12, 41.9945, -70.7245, 13],
  ['Middleborough', 12, 41.8932, -70.9111, 24],
  ['Plymouth', 12, 41.9568, -70.6636, 61],
  ['Wareham', 12, 41.762, -70.7198, 23],
  ['West Bridgewater', 12, 42.019, -71.0076, 7],
  ['Boston', 13, 42.3601, -71.0589, 675],
  ['Chelsea', 13, 42.3918, -71.0328, 40],
  ['Revere', 13, 42.4084, -71.012, 62],
  ['Auburn', 14, 42.1945, -71.8356, 17],
  ['Fitchburg', 14, 42.5834, -71.8023, 42],
  ['Gardner', 14, 42.5751, -71.9981, 21],
  ['Leominster', 14, 42.5251, -71.7598, 44],
  ['Milford', 14, 42.1398, -71.5162, 30],
  ['Millbury', 14, 42.194, -71.76, 14],
  ['Shrewsbury', 14, 42.2959, -71.7128, 38],
  ['Southborough', 14, 42.3057, -71.5245, 10],
  ['Sturbridge', 14, 42.1084, -72.0787, 10],
  ['Westborough', 14, 42.2695, -71.6161, 22],
  ['Worcester', 14, 42.2626, -71.8023, 206],
]

export const towns: readonly Town[] = rows.map(([name, county, latitude, longitude, populationThousands]) => ({
  name,
  county,
  latitude,
  longitude,
  populationThousands,
}))

/** A town by its name. */
export function townOf(name: string): Town {
  return must(
    towns.find((town) => town.name === name),
    `${name} is in the list of towns`,
  )
}

/** The towns whose police departments take part in the demonstration, each with the square its cameras look at. */
export const participating: readonly (readonly [town: string, square: string])[] = [
  ['Arlington', 'Arlington Center'],
  ['Barnstable', 'Main Street, Hyannis'],
  ['Boston', 'Kenmore Square'],
  ['Brockton', 'Legion Parkway'],
  ['Cambridge', 'Harvard Square'],
  ['Fall River', 'South Main Street'],
  ['Framingham', 'Downtown crossing'],
  ['Lexington', 'Battle Green'],
  ['Lowell', 'Kearney Square'],
  ['Lynn', 'Central Square'],
  ['Newton', 'Newton Centre'],
  ['Pittsfield', 'Park Square'],
  ['Plymouth', 'Court Street'],
  ['Quincy', 'Quincy Center'],
  ['Salem', 'Town House Square'],
  ['Springfield', 'Court Square'],
  ['Waltham', 'Waltham Common'],
  ['Worcester', 'City Hall Plaza'],
]
