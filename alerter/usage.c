/* placeholder until the first module stands */
void alerter_placeholder(void);
void alerter_placeholder(void)
{
}
