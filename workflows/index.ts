export { migrationWorkflow } from './migration';
export { quarantineRetryWorkflow } from './quarantine';
export { finalizeWorkflow, rollbackWorkflow } from './rollback';
export { tableWorkflow } from './table';
export { verifyWorkflow } from './verification';
export { windowWorkflow } from './window';
