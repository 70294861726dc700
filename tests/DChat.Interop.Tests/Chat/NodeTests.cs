using System.Diagnostics;

namespace DChat.Interop.Tests.Chat;

/// <summary>The tests that are written in JavaScript: <c>tests/js/test</c>.</summary>
public sealed class NodeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static TheoryData<string> Files =>
        [.. Directory.EnumerateFiles(Path.Combine(NodeRuntime.Scripts, "test"), "*.test.mjs").Select(file => Path.GetFileName(file)).Order()];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task The_tests_in_JavaScript_pass(string file)
    {
        var start = new ProcessStartInfo(NodeRuntime.Node)
        {
            WorkingDirectory = NodeRuntime.Scripts,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { "--test", "--test-reporter=spec", Path.Combine("test", file) },
        };
        using var process = Process.Start(start)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{file} did not end within {Patience}.\n{await output}\n{await errors}");
        }

        Assert.True(process.ExitCode == 0, $"{file}\n{await output}\n{await errors}");
        // A file without tests ends well, too.
        Assert.DoesNotContain("ℹ tests 0", await output, StringComparison.Ordinal);
        Assert.Contains("ℹ fail 0", await output, StringComparison.Ordinal);
    }
}
