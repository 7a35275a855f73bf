/* libedit, if the machine has it: a line that can be edited, with history and a key for completion.
 *
 * It is loaded when it is first wanted, so that nothing needs it to be built or to run. There is
 * one editor in a process, as there is one terminal. Nothing here waits: whoever sees that the
 * terminal has input calls lab_l_editor_read. */
#ifndef LAB_L_EDITOR_H
#define LAB_L_EDITOR_H

#include <stdbool.h>

enum lab_l_editor_event {
  LAB_L_EDITOR_NOTHING,
  LAB_L_EDITOR_LINE,    /* *text is the line, to be freed */
  LAB_L_EDITOR_END,     /* Ctrl-D in an empty line */
  LAB_L_EDITOR_COMPLETE /* *text is the word before the cursor, to be freed */
};

bool lab_l_editor_load(void);                /* whether it is there; at most one attempt */
void lab_l_editor_begin(const char *prompt); /* a new line: takes the terminal */
void lab_l_editor_stop(void);                /* leaves the line, gives the terminal back */
enum lab_l_editor_event lab_l_editor_read(char **text);

void lab_l_editor_insert(const char *text); /* at the cursor */
void lab_l_editor_redraw(void); /* prompt and line once more, from where the cursor is */
void lab_l_editor_resume(void); /* the terminal once more, after Ctrl-Z and fg */
void lab_l_editor_remember(const char *line);

#endif
