/** For a signal, which nobody waits for: what came of it is in the log. */
export async function refreshModels(management, logger) {
    logger.info('SIGHUP: looking for changed models');
    try {
        await management.refresh();
    }
    catch (err) {
        logger.error({ err }, 'models could not be refreshed: what was there goes on');
    }
}
