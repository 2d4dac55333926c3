/**
 * The messages of vendors that write XML. All values are the simulator's own (letters, digits, `?`), so nothing needs
 * escaping.
 */
import type { SimulatedRead } from './observe.ts'
import { rfc3339 } from './localTime.ts'
import { hash32, seedOf } from './prng.ts'

const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'

/** Hikvision ISAPI `EventNotificationAlert`: whole seconds with offset, percentages, the vendor's numbers for make and country. */
export function hikvisionAlert(read: SimulatedRead): string {
  const { plate, plateConfidence } = read.reading
  const [mac = '', channel = '1'] = read.device.reference.split('/')
  const at = rfc3339(read.capturedMs)
  const percent = Math.round(plateConfidence * 100)
  const fields = [
    ['ipAddress', `10.0.${Math.floor(read.device.number / 250)}.${1 + (read.device.number % 250)}`],
    ['portNo', '8888'],
    ['protocol', 'HTTP'],
    ['macAddress', mac],
    ['channelID', channel],
    ['dateTime', `${at.slice(0, 19)}${at.slice(23)}`],
    ['activePostCount', '1'],
    ['eventType', 'ANPR'],
    ['eventState', 'active'],
    ['eventDescription', 'ANPR'],
    ['channelName', 'Camera 01'],
  ]
  const anpr = [
    ['country', '3'],
    ['licensePlate', plate],
    ['line', String(read.lane)],
    ['direction', 'forward'],
    ['confidenceLevel', String(percent)],
    ['plateType', 'unknown'],
    ['plateColor', 'unknown'],
    ['licenseBright', '0'],
    ['dangmark', 'no'],
    ['twoWheelVehicle', read.class === 'motorcycle' ? 'yes' : 'no'],
    ['plateCharBelieve', Array.from(plate, () => percent).join(',')],
    ['vehicleType', read.class === 'truck' || read.class === 'bus' ? read.class : 'vehicle'],
    ['detectDir', '8'],
    ['detectType', '0'],
  ]
  const vehicle = [
    ['index', String(hash32(seedOf(read.eventId), 0, 7) % 100_000)],
    ['colorDepth', '2'],
    ['color', read.colour],
    ['speed', String(read.speedKph)],
    ['length', '0'],
    ['vehicleLogoRecog', '1036'],
    ['vehileSubLogoRecog', '0'],
    ['vehileModel', '0'],
  ]
  return `${declaration}<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">
${elements(fields)}
<ANPR>
${elements(anpr)}
<vehicleInfo>
${elements(vehicle)}
</vehicleInfo>
<originalLicensePlate>${plate}</originalLicensePlate>
<vehicleListName>otherList</vehicleListName>
</ANPR>
<UUID>${read.eventId}</UUID>
<picNum>2</picNum>
<monitoringSiteID></monitoringSiteID>
<isDataRetransmission>false</isDataRetransmission>
<countryAbbreviation>NON</countryAbbreviation>
</EventNotificationAlert>
`
}

/** Genetec SharpV, as its template fills it: UTC date and time apart, pictures as base64 in the elements. */
export function sharpVRead(read: SimulatedRead, images: { plate: string; context: string } | undefined): string {
  const at = new Date(read.capturedMs).toISOString()
  const fields = [
    ['Plate', read.reading.plate],
    ['State', read.reading.jurisdiction ?? ''],
    ['UTCDate', at.slice(0, 10).replaceAll('-', ':')],
    ['UTCTime', at.slice(11, 23)],
    ['CameraName', `Lane ${read.lane}`],
    ['SourceName', read.device.reference],
    ['ContextImage', images?.context ?? ''],
    ['PlateImage', images?.plate ?? ''],
    ['LongitudeX', String(read.longitude)],
    ['LatitudeY', String(read.latitude)],
    ['Guid', read.eventId],
  ]
  return `${declaration}<AutoVu>\n${elements(fields)}\n</AutoVu>\n`
}

function elements(fields: readonly (readonly string[])[]): string {
  return fields.map(([name = '', value = '']) => `<${name}>${value}</${name}>`).join('\n')
}
