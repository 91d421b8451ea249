/* placeholder until the first module stands */
void collector_placeholder(void);
void collector_placeholder(void)
{
}
