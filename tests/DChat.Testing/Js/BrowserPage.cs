using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DChat.Testing.Js;

/// <summary>
/// <c>tests/js/browser/page.mjs</c> in a headless Chromium, served from the loopback address. The page posts one result.
/// Killed when disposed.
/// </summary>
public sealed class BrowserPage : IAsyncDisposable
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    private readonly HttpListener _server;
    private readonly byte[] _script;
    private readonly Process _browser;
    private readonly TaskCompletionSource<JsonNode> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private BrowserPage(HttpListener server, byte[] script, Process browser)
    {
        (_server, _script, _browser) = (server, script, browser);
        _ = ServeAsync();
    }

    /// <summary>Bundles the page and opens it.</summary>
    /// <param name="folder">A folder of the test, for the bundle and the browser's profile.</param>
    /// <param name="settings">What the page is told, as JSON.</param>
    public static async Task<BrowserPage> OpenAsync(string folder, object settings)
    {
        var bundle = Path.Combine(folder, "page.js");
        await BundleAsync(bundle);
        var server = new HttpListener();
        var address = $"http://127.0.0.1:{Processes.LoopbackPorts.Take()}/";
        server.Prefixes.Add(address);
        server.Start();
        var start = new ProcessStartInfo(FindBrowser()) { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-background-networking",
            $"--user-data-dir={Path.Combine(folder, "profile")}",
            address + "#" + Uri.EscapeDataString(JsonSerializer.Serialize(settings)),
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        var browser = Process.Start(start)!;
        browser.OutputDataReceived += (_, _) => { };
        browser.ErrorDataReceived += (_, _) => { };
        browser.BeginOutputReadLine();
        browser.BeginErrorReadLine();
        return new BrowserPage(server, await File.ReadAllBytesAsync(bundle), browser);
    }

    /// <summary>What the page posts.</summary>
    public Task<JsonNode> ResultAsync(CancellationToken cancellationToken) => _result.Task.WaitAsync(JsProcess.Patience, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _browser.Kill(entireProcessTree: true);
        await _browser.WaitForExitAsync();
        _browser.Dispose();
        _server.Close();
    }

    private static async Task BundleAsync(string output)
    {
        var start = new ProcessStartInfo(NodeRuntime.Node, ["browser/bundle.mjs", output]) { WorkingDirectory = NodeRuntime.Scripts, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"The page cannot be bundled: {errors}");
        }
    }

    private static string FindBrowser()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return Names.SelectMany(_ => folders, (name, folder) => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException("Chromium is missing; run: sudo apt-get install chromium");
    }

    private async Task ServeAsync()
    {
        try
        {
            while (_server.IsListening)
            {
                var context = await _server.GetContextAsync();
                if (context.Request.HttpMethod == "POST")
                {
                    _result.TrySetResult((await JsonNode.ParseAsync(context.Request.InputStream))!);
                }

                var isScript = context.Request.Url!.AbsolutePath == "/page.js";
                context.Response.ContentType = isScript ? "text/javascript" : "text/html";
                await context.Response.OutputStream.WriteAsync(
                    isScript ? _script : Encoding.ASCII.GetBytes("<!doctype html><script type=module src=/page.js></script>"));
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
        {
            // The page was closed.
        }
    }
}
