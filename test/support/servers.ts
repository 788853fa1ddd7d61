/** The address of a server that `global-setup` started. */
export function serverAddress(name: 'SQLIFT_TEST_POSTGRES_URL' | 'SQLIFT_TEST_TEMPORAL_ADDRESS'): string {
  const address = process.env[name];
  if (address === undefined) throw new Error('This test needs servers: run jest without SQLIFT_TEST_SERVERS=off');
  return address;
}
