using Xunit;

namespace DaxEmu.Conformance;

/// <summary>Datagrams, address handles and multicast through libibverbs: programs/datagrams.c.</summary>
public sealed class DatagramTests(Machine machine)
{
    [Fact]
    public async Task An_answer_finds_its_way_by_the_questions_completion_and_header()
    {
        string program = await machine.CompileAsync("datagrams");

        (await machine.RunAsync(program)).Succeeded();
    }
}
