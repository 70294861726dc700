using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Silo;

/// <summary>What the program tells about itself and ends; what it tells is tested beside the options.</summary>
public sealed class SettingsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("--help", "Usage: ")]
    [InlineData("--version", "0.1.0")]
    public async Task Help_and_version_can_be_asked_for(string option, string start)
    {
        await using var process = ChildProcess.Start(Silos.Assembly, [option]);

        Assert.Equal(0, await process.WaitForExitAsync(Cancel));

        Assert.StartsWith(start, process.Output[0], StringComparison.Ordinal);
        Assert.Empty(process.Errors);
    }
}
