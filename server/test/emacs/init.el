;;; Opens one file under eglot, waits for diagnostics, prints them and the race of the last one.  -*- lexical-binding: t -*-
;; Environment: LOCKSTEP_SERVER, and LOCKSTEP_FILE: what is opened.
(require 'package)
(package-initialize)
(require 'eglot)
(require 'project)

(defun lockstep-race ()
  "Show the race of the finding at point, as text."
  (interactive)
  (let ((text (jsonrpc-request (eglot-current-server) :lockstep/replayText
                               (append (eglot--TextDocumentPositionParams) '(:format "text")))))
    (with-current-buffer (get-buffer-create "*Lockstep race*")
      (erase-buffer)
      (insert (or (plist-get text :text) (plist-get text :problem)))
      (display-buffer (current-buffer))
      (buffer-string))))

(setq eglot-sync-connect 30
      make-backup-files nil
      project-find-functions (list (lambda (dir) (cons 'transient (getenv "LOCKSTEP_ROOT")))))
(add-to-list 'eglot-server-programs `(c-mode "node" ,(getenv "LOCKSTEP_SERVER") "--stdio"))
(find-file (getenv "LOCKSTEP_FILE"))
(c-mode)
(call-interactively #'eglot)
(let ((until (+ (float-time) 60)))
  (while (and (null (flymake-diagnostics)) (< (float-time) until))
    (accept-process-output nil 0.1)))
(dolist (item (sort (flymake-diagnostics)
                    (lambda (a b) (< (flymake-diagnostic-beg a) (flymake-diagnostic-beg b)))))
  (goto-char (flymake-diagnostic-beg item))
  (princ (format "%d: %s\n" (line-number-at-pos) (car (split-string (flymake-diagnostic-text item) "\n")))))
(goto-char (point-min))
(when (search-forward (or (getenv "LOCKSTEP_RACE") "\0") nil t)
  (beginning-of-line)
  (princ (lockstep-race)))
(kill-emacs (if (flymake-diagnostics) 0 1))
