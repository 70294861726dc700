using System.Net;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Clusters;

/// <summary>Silos join and leave in the ordinary way: an operator sees what happened, and no stack.</summary>
public sealed class OrdinaryChangesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Silos_of_every_role_leave_cleanly_and_come_back_an_edge_without_a_core_says_so_and_nobody_logs_a_stack()
    {
        await using var cluster = await MachineCluster.StartAsync([], Cancel);
        using var http = new HttpClient { BaseAddress = cluster.Primary.Settings.AdminAddress };

        // A call that was under way when the core left may run into the limit of the check first.
        await LeaveAsync(cluster.Core);
        await UntilAsync(http, HttpStatusCode.ServiceUnavailable, "\"core\":\"none reachable\"");
        await LeaveAsync(cluster.Edge);
        await cluster.Core.RestartAsync(Cancel);
        await UntilAsync(http, HttpStatusCode.OK, "\"core\":\"ok\"");
        await cluster.Edge.RestartAsync(Cancel);

        await LeaveAsync(cluster.Edge);
        await LeaveAsync(cluster.Core);
        await LeaveAsync(cluster.Primary);
    }

    private static async Task LeaveAsync(SiloProcess silo)
    {
        var exitCode = await silo.StopAsync(Cancel);
        Assert.True(exitCode == 0 && silo.Process.Errors.Count == 0, silo.Process.Describe($"ended with {exitCode}"));
        Assert.Contains("Stopping; Ctrl-C aborts.", silo.Process.Output);
        AssertNoStack(silo.Process);
    }

    private static async Task UntilAsync(HttpClient http, HttpStatusCode status, string part)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        giveUp.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            using var response = await http.GetAsync("/health/ready", giveUp.Token);
            var answer = await response.Content.ReadAsStringAsync(giveUp.Token);
            if (response.StatusCode == status && answer.Contains(part, StringComparison.Ordinal))
            {
                return;
            }
        }
    }

    private static void AssertNoStack(ChildProcess process)
    {
        var stack = process.Output.Concat(process.Errors)
            .FirstOrDefault(line => line.Contains("   at ", StringComparison.Ordinal) || line.Contains(" fail: ", StringComparison.Ordinal));
        Assert.True(stack is null, process.Describe($"logged: {stack}"));
    }
}
