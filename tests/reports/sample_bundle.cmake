# Writes the sample bundle anew: a bundle is never written twice into one directory.
file(REMOVE_RECURSE "${BUNDLE}")
execute_process(COMMAND "${PROGRAM}" "${BUNDLE}" "${KIND}" COMMAND_ERROR_IS_FATAL ANY)
