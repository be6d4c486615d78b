-- Starts the language server for one file, waits for diagnostics and prints them as lines.
-- Environment: LOCKSTEP_SERVER, LOCKSTEP_ROOT, and LOCKSTEP_APPEND: text added to the buffer, never saved.
-- The file is the editor's argument.
local function quit(code)
  vim.cmd(code == 0 and "qall!" or "cquit!")
end

local function print_line(text)
  io.stdout:write(text .. "\n")
end

vim.api.nvim_create_autocmd("VimEnter", {
  callback = function()
    vim.bo.filetype = "c"
    if vim.env.LOCKSTEP_APPEND then
      vim.api.nvim_buf_set_lines(0, -1, -1, false, vim.split(vim.env.LOCKSTEP_APPEND, "\n"))
    end
    local client = vim.lsp.start_client({
      name = "lockstep",
      cmd = { "node", vim.env.LOCKSTEP_SERVER, "--stdio" },
      root_dir = vim.env.LOCKSTEP_ROOT,
    })
    if not client then
      print_line("the server did not start")
      return quit(1)
    end
    vim.lsp.buf_attach_client(0, client)
    local arrived = vim.wait(60000, function()
      return #vim.diagnostic.get(0) > 0
    end, 50)
    for _, item in ipairs(vim.diagnostic.get(0)) do
      local line = vim.api.nvim_buf_get_lines(0, item.lnum, item.lnum + 1, false)[1]
      print_line(string.format("%d %s: %s", item.lnum + 1, item.code or "", vim.trim(line)))
    end
    quit(arrived and 0 or 1)
  end,
})
