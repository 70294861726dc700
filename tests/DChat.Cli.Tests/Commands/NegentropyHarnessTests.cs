using System.Diagnostics;
using DChat.Cli.Tests.Fakes;
using DChat.Testing.Processes;

namespace DChat.Cli.Tests.Commands;

public sealed class NegentropyHarnessTests : IDisposable
{
    private const int Shared = 2_000;
    private const int Alone = 150;

    private readonly CliRun _run = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task The_vectors_of_the_reference_are_answered()
    {
        _run.UseInput($"item,12345,{new string('e', 64)}\nseal\nmsg,6100000200\nmsg,62aa\n");

        Assert.Equal(0, await _run.RunAsync("negentropy-harness"));

        Assert.Equal($"msg,6100000201{new string('e', 64)}\nmsg,61\n", _run.Output);
    }

    [Theory]
    [InlineData("item,1\n", "harness-line", 2)]
    [InlineData("item,18446744073709551615,00\n", "harness-line", 2)]
    [InlineData("initiate\n", "harness-line", 2)]
    [InlineData("seal\nseal\n", "harness-line", 2)]
    [InlineData("item,1,0000000000000000000000000000000000000000000000000000000000000000\nitem,1,0000000000000000000000000000000000000000000000000000000000000000\n", "harness-line", 2)]
    [InlineData("seal\nmsg,6\n", "harness-line", 2)]
    [InlineData("seal\nmsg,61000021\n", "reconciliation-invalid", 1)]
    public async Task What_makes_no_sense_ends_it(string input, string code, int exitCode)
    {
        _run.UseInput(input);

        Assert.Equal(exitCode, await _run.RunAsync("negentropy-harness", "--json"));

        Assert.Equal(code, _run.ErrorLines.Single().GetProperty("error").GetString());
    }

    [Theory]
    [InlineData("0", "0", false)]
    [InlineData("4459", "4821", false)]
    [InlineData("4096", "0", true)]
    public async Task Two_processes_find_all_that_either_lacks(string leftLimit, string rightLimit, bool isReference)
    {
        using var left = Start(leftLimit, isReference: false);
        using var right = Start(rightLimit, isReference);
        await FillAsync(left, from: 0);
        await FillAsync(right, from: Alone);
        await left.StandardInput.WriteLineAsync("initiate".AsMemory(), Token);

        HashSet<string> haves = [], needs = [];
        for (var line = await ReadAsync(left); line != "done"; line = await ReadAsync(left))
        {
            if (line.StartsWith("msg,", StringComparison.Ordinal))
            {
                await right.StandardInput.WriteLineAsync(line.AsMemory(), Token);
                await left.StandardInput.WriteLineAsync((await ReadAsync(right)).AsMemory(), Token);
            }
            else
            {
                Assert.True((line.StartsWith("have,", StringComparison.Ordinal) ? haves : needs).Add(line[5..]));
            }
        }

        Assert.Equal(Enumerable.Range(0, Alone).Select(Id).ToHashSet(), haves);
        Assert.Equal(Enumerable.Range(Shared + Alone, Alone).Select(Id).ToHashSet(), needs);
        Assert.Equal((0, 0), (await EndAsync(left), await EndAsync(right)));
    }

    private static Process Start(string limit, bool isReference)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(BuiltProgram.PathOf("DChat.Cli"));
        start.ArgumentList.Add("negentropy-harness");
        if (isReference)
        {
            start.ArgumentList.Add("--reference-bytes");
        }

        start.Environment["FRAMESIZELIMIT"] = limit;
        return Process.Start(start)!;
    }

    private static async Task FillAsync(Process harness, int from)
    {
        for (var i = from; i < from + Shared + Alone; i++)
        {
            await harness.StandardInput.WriteLineAsync($"item,{1_700_000_000 + (i * 7 % 1_000)},{Id(i)}".AsMemory(), Token);
        }

        await harness.StandardInput.WriteLineAsync("seal".AsMemory(), Token);
    }

    private static async Task<string> ReadAsync(Process harness) =>
        await harness.StandardOutput.ReadLineAsync(Token).AsTask().WaitAsync(ChildProcess.Patience, Token) ?? throw new InvalidOperationException("The harness has ended.");

    private static async Task<int> EndAsync(Process harness)
    {
        harness.StandardInput.Close();
        await harness.WaitForExitAsync(Token).WaitAsync(ChildProcess.Patience, Token);
        return harness.ExitCode;
    }

    private static string Id(int number) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(BitConverter.GetBytes(number)));
}
