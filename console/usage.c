/* placeholder until the first module stands */
void console_placeholder(void);
void console_placeholder(void)
{
}
